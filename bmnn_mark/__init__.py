# SPDX-License-Identifier: Apache-2.0
"""Marks, numbers, prints and accounts for state-secret papers (bí mật nhà nước).

What is named here is the library (``docs/library.md``). Each name is loaded when it is first
used; importing the package loads nothing.

>>> from bmnn_mark import Level, pack_for
>>> from datetime import date
>>> pack_for(date(2026, 11, 5)).stamps[Level.TOI_MAT].wording.value
'TỐI MẬT'
"""

from importlib import import_module

TYPE_CHECKING = False  # importing typing for it would cost more than all the rest
if TYPE_CHECKING:
    from bmnn_mark.config import Config, load_config
    from bmnn_mark.documents.envelopes import EnvelopeSize
    from bmnn_mark.documents.model import Relevelling, Reproduction, ReproductionKind
    from bmnn_mark.documents.proposal import Proposal
    from bmnn_mark.errors import BmnnMarkError
    from bmnn_mark.library.documents import (
        check,
        create_register,
        issue_copies,
        make_envelopes,
        mark,
        open_register,
        preview,
        propose,
        read_recipients,
        trace,
        unmark,
    )
    from bmnn_mark.library.office import open_office
    from bmnn_mark.library.print_room import (
        check_host,
        check_printer,
        confirm_test_page,
        enroll_printer,
        print_again,
        print_copies,
        recover,
    )
    from bmnn_mark.register.life import CopyAct, CopyKind, DocumentAct, IncidentKind, Permission
    from bmnn_mark.register.port import Recipient, RegisterPort
    from bmnn_mark.register.store import Register
    from bmnn_mark.rules import Copying, Level, Urgency, load_pack, pack_for, pack_ids
    from bmnn_mark.workflow.archiving import archive_register
    from bmnn_mark.workflow.books import BookRequest, export_book
    from bmnn_mark.workflow.checking import CheckOrder, CheckReport
    from bmnn_mark.workflow.commissioning import chosen_policy, commission, survey_host
    from bmnn_mark.workflow.copying import CopyOrder, copy_to_folder
    from bmnn_mark.workflow.deciding import DecisionOrder, decide
    from bmnn_mark.workflow.envelopes import EnvelopeOrder, EnvelopeReport
    from bmnn_mark.workflow.figures import Period, count_figures
    from bmnn_mark.workflow.happening import (
        IncidentOrder,
        MeetingOrder,
        close_incident,
        enter_meeting,
        report_incident,
    )
    from bmnn_mark.workflow.host_report import HostUse, write_host_report
    from bmnn_mark.workflow.issuing import IssueReport
    from bmnn_mark.workflow.journal import import_journals, received_registers, write_journals
    from bmnn_mark.workflow.keeping import back_up, restore
    from bmnn_mark.workflow.living import ActOrder, act_on_copies, report_lost, spoil
    from bmnn_mark.workflow.mustering import MusterOrder, muster_folder
    from bmnn_mark.workflow.naming import Naming
    from bmnn_mark.workflow.office import Office
    from bmnn_mark.workflow.orders import IssueOrder
    from bmnn_mark.workflow.orders import StampOrder as MarkRequest
    from bmnn_mark.workflow.printing import PrintReport
    from bmnn_mark.workflow.proposing import Preview
    from bmnn_mark.workflow.receiving import ReceiveOrder, receive
    from bmnn_mark.workflow.sighting import enter_seen
    from bmnn_mark.workflow.stamping import StampReport
    from bmnn_mark.workflow.submitting import PrintWish
    from bmnn_mark.workflow.trace_keys import export_keys, import_keys
    from bmnn_mark.workflow.tracing import Traced
    from bmnn_mark.workflow.unmarking import UnmarkReport

__version__ = "0.1.0"

__all__ = [
    "ActOrder",
    "BmnnMarkError",
    "BookRequest",
    "CheckOrder",
    "CheckReport",
    "Config",
    "CopyAct",
    "CopyKind",
    "CopyOrder",
    "Copying",
    "DecisionOrder",
    "DocumentAct",
    "EnvelopeOrder",
    "EnvelopeReport",
    "EnvelopeSize",
    "HostUse",
    "IncidentKind",
    "IncidentOrder",
    "IssueOrder",
    "IssueReport",
    "Level",
    "MarkRequest",
    "MeetingOrder",
    "MusterOrder",
    "Naming",
    "Office",
    "Period",
    "Permission",
    "Preview",
    "PrintReport",
    "PrintWish",
    "Proposal",
    "ReceiveOrder",
    "Recipient",
    "Register",
    "RegisterPort",
    "Relevelling",
    "Reproduction",
    "ReproductionKind",
    "StampReport",
    "Traced",
    "UnmarkReport",
    "Urgency",
    "act_on_copies",
    "archive_register",
    "back_up",
    "check",
    "check_host",
    "check_printer",
    "chosen_policy",
    "close_incident",
    "commission",
    "confirm_test_page",
    "copy_to_folder",
    "count_figures",
    "create_register",
    "decide",
    "enroll_printer",
    "enter_meeting",
    "enter_seen",
    "export_book",
    "export_keys",
    "import_journals",
    "import_keys",
    "issue_copies",
    "load_config",
    "load_pack",
    "make_envelopes",
    "mark",
    "muster_folder",
    "open_office",
    "open_register",
    "pack_for",
    "pack_ids",
    "preview",
    "print_again",
    "print_copies",
    "propose",
    "read_recipients",
    "receive",
    "received_registers",
    "recover",
    "report_incident",
    "report_lost",
    "restore",
    "spoil",
    "survey_host",
    "trace",
    "unmark",
    "write_host_report",
    "write_journals",
]

_FROM = {
    "config": ("Config", "load_config"),
    "documents.envelopes": ("EnvelopeSize",),
    "documents.model": ("Relevelling", "Reproduction", "ReproductionKind"),
    "documents.proposal": ("Proposal",),
    "errors": ("BmnnMarkError",),
    "library.documents": (
        "check", "create_register", "issue_copies", "make_envelopes", "mark", "open_register",
        "preview", "propose", "read_recipients", "trace", "unmark",
    ),
    "library.office": ("open_office",),
    "library.print_room": (
        "check_host", "check_printer", "confirm_test_page", "enroll_printer", "print_again",
        "print_copies", "recover",
    ),
    "register.life": ("CopyAct", "CopyKind", "DocumentAct", "IncidentKind", "Permission"),
    "register.port": ("Recipient", "RegisterPort"),
    "register.store": ("Register",),
    "rules": ("Copying", "Level", "Urgency", "load_pack", "pack_for", "pack_ids"),
    "workflow.archiving": ("archive_register",),
    "workflow.books": ("BookRequest", "export_book"),
    "workflow.checking": ("CheckOrder", "CheckReport"),
    "workflow.commissioning": ("chosen_policy", "commission", "survey_host"),
    "workflow.copying": ("CopyOrder", "copy_to_folder"),
    "workflow.deciding": ("DecisionOrder", "decide"),
    "workflow.envelopes": ("EnvelopeOrder", "EnvelopeReport"),
    "workflow.figures": ("Period", "count_figures"),
    "workflow.happening": (
        "IncidentOrder", "MeetingOrder", "close_incident", "enter_meeting", "report_incident",
    ),
    "workflow.host_report": ("HostUse", "write_host_report"),
    "workflow.issuing": ("IssueReport",),
    "workflow.journal": ("import_journals", "received_registers", "write_journals"),
    "workflow.keeping": ("back_up", "restore"),
    "workflow.living": ("ActOrder", "act_on_copies", "report_lost", "spoil"),
    "workflow.mustering": ("MusterOrder", "muster_folder"),
    "workflow.naming": ("Naming",),
    "workflow.office": ("Office",),
    "workflow.orders": ("IssueOrder",),
    "workflow.printing": ("PrintReport",),
    "workflow.submitting": ("PrintWish",),
    "workflow.proposing": ("Preview",),
    "workflow.receiving": ("ReceiveOrder", "receive"),
    "workflow.sighting": ("enter_seen",),
    "workflow.stamping": ("StampReport",),
    "workflow.trace_keys": ("export_keys", "import_keys"),
    "workflow.tracing": ("Traced",),
    "workflow.unmarking": ("UnmarkReport",),
}  # fmt: skip
_HOME = {name: (module, name) for module, names in _FROM.items() for name in names}
_HOME["MarkRequest"] = ("workflow.orders", "StampOrder")


if not TYPE_CHECKING:  # checkers read the names above

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, attribute = _HOME[name]
        value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), attribute)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
