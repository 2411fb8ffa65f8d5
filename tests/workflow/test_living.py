# SPDX-License-Identifier: Apache-2.0
"""Acts with copies: named as clerks name them, entered only where they follow from what was."""

from datetime import date

import pytest
import qrcode

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.life import CopyAct, Whereabouts
from bmnn_mark.register.port import CopyState
from bmnn_mark.workflow.living import ActOrder, act_on_copies, report_lost, spoil
from bmnn_mark.workflow.naming import Naming, named_copies
from bmnn_mark.workflow.sighting import Sight, enter_seen
from bmnn_mark.workflow.tracing import Alarm, trace

TODAY = date(2026, 11, 22)


@pytest.fixture
def office(tmp_path, life_office):
    return life_office(tmp_path / "data")


def order(act, *words, copies=(), every=False, on=TODAY, actor="An", abroad=None, due=None, **said):
    naming = Naming(words=words, copies=copies, every=every)
    return ActOrder(
        naming=naming, act=CopyAct(act), on=on, actor=actor, words=said, abroad=abroad, due=due
    )


def refused(call, *given, **named):
    with pytest.raises(BmnnMarkError) as caught:
        call(*given, **named)
    return caught.value.code


def numbers(office, *words, **more):
    found = named_copies(office, office.open_register(), Naming(words=words, **more))
    return [one.number for one in found]


def test_a_copy_is_named_by_id_number_and_sign_reference_or_code(office, issue):
    made = issue(office)
    second = made.copies[1]
    (code,) = office.open_register().page_codes(second, [1])
    assert numbers(office, made.document_id, copies=(2,)) == [2]
    assert numbers(office, "12 / bc-sm", copies=(2, 1)) == [2, 1]
    assert numbers(office, second.reference.lower(), code) == [2]
    assert numbers(office, made.document_id, every=True) == [1, 2, 3]


def test_a_name_that_leads_to_none_or_to_several_is_refused(office, issue):
    issue(office)
    issue(office, "12/BC-SM", identity=_identity(2))
    issue(office, "13/BC-SM")
    register = office.open_register()

    def ask(*words, **more):
        return refused(named_copies, office, register, Naming(words=words, **more))

    assert ask("12/BC-SM", copies=(1,)) == "register.ambiguous"
    assert ask("13/BC-SM") == "register.which_copy"
    assert ask("14/BC-SM") == "register.no_such_document"
    assert ask("0" * 32) == "register.no_such_document"
    assert ask("BM1:" + "0" * 63) == "register.code_leads_nowhere"
    assert ask("13/BC-SM", "12/BC-SM", copies=(1,)) == "input.one_document"
    assert ask() == "input.copy_needed"


def _identity(day):
    from bmnn_mark.register.port import DocumentIdentity

    return DocumentIdentity(agency="SỞ MẪU", number_sign="12/BC-SM", dated=date(2026, 11, day))


def test_numbers_and_all_of_them_contradict_one_another(office, issue):
    made = issue(office)
    asked = Naming(words=(made.document_id,), copies=(1,), every=True)
    assert refused(named_copies, office, office.open_register(), asked) == "input.either"


def test_a_file_that_bears_a_reference_as_its_name_names_no_copy(
    office, issue, tmp_path, monkeypatch
):
    made = issue(office)
    (code,) = office.open_register().page_codes(made.copies[1], [1])
    monkeypatch.chdir(tmp_path)
    typed = made.copies[0].reference
    qrcode.make(code, box_size=8).save(typed, format="PNG")
    assert [one.copy.number for one in trace(office, (typed,))] == [2]
    assert numbers(office, typed) == [1]
    (handed,) = act_on_copies(office, order("handed-over", typed)).copies
    assert handed.copy == 1


def test_no_act_comes_before_what_brought_the_copy_there(office, issue):
    made = issue(office)
    who = made.copies[0].reference
    handed, before = date(2026, 11, 20), date(2026, 11, 19)
    act_on_copies(office, order("handed-over", who, on=handed))
    assert refused(act_on_copies, office, order("returned", who, on=before)) == (
        "register.before_last_act"
    )
    lost = order("lost", who, on=before, reason="mất cặp")
    assert refused(report_lost, office, lost) == "register.before_last_act"
    assert office.open_register().open_incidents() == ()
    (back,) = act_on_copies(office, order("returned", who, on=handed)).copies
    assert back.whereabouts is Whereabouts.IN_OFFICE


def test_a_sheet_of_a_spoiled_attempt_names_no_copy(office, issue):
    made = issue(office)
    spoil(office, Naming(words=(made.copies[0].reference,)), actor="An",
          words={"second_actor": "Bình", "reason": "kẹt giấy"})  # fmt: skip
    (code,) = office.open_register().page_codes(made.copies[0], [1])
    assert refused(numbers, office, code) == "register.dead_sheet"


def test_a_copy_goes_to_whom_it_was_made_for_and_comes_back(office, issue):
    made = issue(office)
    report = act_on_copies(office, order("handed-over", made.document_id, copies=(1, 2)))
    assert [(one.holder, one.whereabouts) for one in report.copies] == [
        ("Phòng A", Whereabouts.WITH_HOLDER),
        ("Phòng B", Whereabouts.WITH_HOLDER),
    ]
    nameless = order("handed-over", made.document_id, copies=(3,))
    assert refused(act_on_copies, office, nameless) == "input.needed"
    named = order("handed-over", made.document_id, copies=(3,), party="Ông Cường", office="Sở C")
    (third,) = act_on_copies(office, named).copies
    assert (third.holder, third.office, third.since) == ("Ông Cường", "Sở C", TODAY)
    (back,) = act_on_copies(office, order("returned", made.copies[2].reference)).copies
    assert (back.whereabouts, back.holder) == (Whereabouts.IN_OFFICE, "")


def test_all_or_nothing_is_entered(office, issue):
    made = issue(office)
    act_on_copies(office, order("handed-over", made.document_id, copies=(2,)))
    both = order("destroyed", made.document_id, every=True, second_actor="Bình", reason="hết hạn")
    assert refused(act_on_copies, office, both) == "register.wrong_act"
    wheres = [one.whereabouts for one in office.open_register().holdings(made.document_id)]
    assert wheres == [Whereabouts.IN_OFFICE, Whereabouts.WITH_HOLDER, Whereabouts.IN_OFFICE]


def test_papers_are_made_before_and_may_stop_it(office, issue):
    made = issue(office)
    seen = []

    def before(copies):
        seen.append([one.whereabouts for one in copies])
        raise OSError

    act = order("handed-over", made.document_id, copies=(1,))
    with pytest.raises(OSError):  # noqa: PT011
        act_on_copies(office, act, before=before)
    assert seen == [[Whereabouts.IN_OFFICE]]
    (row, *_) = office.open_register().holdings(made.document_id)
    assert row.whereabouts is Whereabouts.IN_OFFICE


@pytest.mark.parametrize(
    ("act", "changes", "code"),
    [
        ("destroyed", {"reason": "hết hạn"}, "input.needed"),
        ("destroyed", {"reason": "hết hạn", "second_actor": "AN"}, "input.two_people"),
        ("destroyed", {"reason": "hết hạn", "second_actor": "ＡＮ"}, "input.two_people"),
        ("handed-over", {"on": date(2026, 11, 4)}, "input.not_before"),
        ("carried-out", {"party": "Dũng", "place": "Hà Nội", "purpose": "họp"}, "input.needed"),
        ("carried-out", {"abroad": False, "due": date(2026, 11, 1)}, "input.not_before"),
        ("provided", {"abroad": True, "party": "Bộ X", "decision": "1/QĐ"}, "input.needed"),
        ("handed-over", {"on": date(2026, 11, 23)}, "input.act_to_come"),
        ("carried-back", {}, "register.wrong_act"),
    ],
)
def test_what_the_law_wants_said_is_needed(office, issue, act, changes, code):
    made = issue(office)
    size = len(office.open_register().history(made.document_id))
    assert (
        refused(act_on_copies, office, order(act, made.document_id, copies=(1,), **changes)) == code
    )
    assert len(office.open_register().history(made.document_id)) == size


def test_a_copy_is_carried_out_and_back_to_whom_it_was_with(office, issue):
    made = issue(office)
    who = made.copies[0].reference
    act_on_copies(office, order("handed-over", who))
    (out,) = act_on_copies(
        office,
        order("carried-out", who, abroad=False, due=date(2026, 11, 30), party="Dũng",
              place="Hà Nội", purpose="họp"),
    ).copies  # fmt: skip
    assert (out.whereabouts, out.holder, out.due) == (
        Whereabouts.CARRIED_OUT, "Dũng", date(2026, 11, 30)
    )  # fmt: skip
    (back,) = act_on_copies(office, order("carried-back", who)).copies
    assert (back.whereabouts, back.holder, back.due) == (Whereabouts.WITH_HOLDER, "Phòng A", None)


def test_a_loss_is_an_incident_that_waits(office, issue):
    made = issue(office)
    act_on_copies(office, order("handed-over", made.copies[0].reference))
    report = report_lost(office, order("lost", made.copies[0].reference, reason="mất cặp"))
    (incident,) = report.incidents
    register = office.open_register()
    reported = next(one for one in register.history(made.document_id) if one.event == incident)
    assert (reported.kind, reported.waiting, reported.copy) == ("loss", True, 1)
    assert reported.words == {"subject": "mất cặp", "party": "Phòng A"}
    assert report.copies[0].whereabouts is Whereabouts.LOST
    assert refused(report_lost, office, order("lost", made.copies[0].reference, reason="nữa")) == (
        "register.wrong_act"
    )
    assert sum(one.act == "incident.reported" for one in register.history(made.document_id)) == 1


def test_spoiling_takes_two_people_and_the_sheet_at_hand(office, issue):
    made = issue(office)
    words = {"second_actor": "Bình", "reason": "kẹt giấy"}
    first = Naming(words=(made.copies[0].reference,))
    assert refused(spoil, office, first, actor="An", words={"reason": "kẹt"}) == "input.needed"
    alone = words | {"second_actor": "an"}
    assert refused(spoil, office, first, actor="An", words=alone) == "input.two_people"
    act_on_copies(office, order("handed-over", made.copies[0].reference))
    assert refused(spoil, office, first, actor="An", words=words) == "register.copy_not_here"
    act_on_copies(office, order("returned", made.copies[0].reference))
    (gone,) = spoil(office, first, actor="An", words=words)
    assert gone.whereabouts is Whereabouts.NOT_MADE
    assert office.open_register().document(made.document_id).attempts[0].state is CopyState.SPOILED
    assert refused(spoil, office, first, actor="An", words=words) == "register.not_to_be_spoiled"
    assert office.open_register().verify().intact


def seen(office, *words):
    return enter_seen(office, words, on=TODAY, actor="An")


def test_a_copy_that_waits_is_printed_once_all_its_pages_were_seen(office, issue):
    made = issue(office, states=("created", "loaded", "releasing", "device-done"))
    first, second = office.open_register().page_codes(made.copies[0], [1, 2])
    (told,) = seen(office, first, made.copies[0].reference).copies
    assert (told.sight, told.seen) == (Sight.INCOMPLETE, (1,))
    assert office.open_register().history(made.document_id)[-1].act == "document.issued"
    (told,) = seen(office, second, first).copies
    assert (told.sight, told.seen, told.alarm) == (Sight.CLOSED, (1, 2), False)
    assert office.open_register().document(made.document_id).attempts[0].state is CopyState.PRINTED
    (row, *_) = office.open_register().holdings(made.document_id)
    assert (row.whereabouts, row.seen) == (Whereabouts.IN_OFFICE, TODAY)
    unfinished = issue(office, "13/BC-SM", states=("created",))
    (told,) = seen(office, unfinished.copies[0].reference).copies
    assert told.sight is Sight.NOT_CLOSED


def test_seeing_leaves_a_copy_where_it_is_and_raises_the_alarm_where_it_cannot_be(office, issue):
    made = issue(office)
    codes = [office.open_register().page_codes(one, [1])[0] for one in made.copies]
    act_on_copies(office, order("handed-over", made.document_id, copies=(1,)))
    act_on_copies(
        office,
        order("destroyed", made.document_id, copies=(2,), second_actor="Bình", reason="thừa"),
    )
    spoil(office, Naming(words=("12/BC-SM",), copies=(3,)), actor="An",
          words={"second_actor": "Bình", "reason": "kẹt giấy"})  # fmt: skip
    report = seen(office, *codes, "0000000000")
    assert [(one.sight, one.alarm) for one in report.copies] == [
        (Sight.ENTERED, False),
        (Sight.ENTERED, True),
        (Sight.DEAD_SHEET, True),
    ]
    assert [one.trace.value for one in report.others] == ["not-found"]
    assert [one.alarm for one in trace(office, (*codes, made.copies[1].reference))] == [
        None,
        Alarm.DESTROYED,
        Alarm.DEAD_SHEET,
        None,
    ]
    holder, destroyed, _ = office.open_register().holdings(made.document_id)
    assert (holder.holder, holder.seen) == ("Phòng A", TODAY)
    assert destroyed.whereabouts is Whereabouts.DESTROYED
