# SPDX-License-Identifier: Apache-2.0
"""The words of the sample document: a fictitious department, harmless content."""

from __future__ import annotations

PARENT = "UBND TỈNH MẪU"
AGENCY = "SỞ MẪU"
STATE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
NUMBER_SIGN = "12/KH-SM"
PLACE_AND_DATE = "Mẫu, ngày 05 tháng 11 năm 2026"
KIND = "KẾ HOẠCH"
SUBJECT = ("Diễn tập phòng cháy, chữa cháy và cứu hộ tài liệu", "tại kho lưu trữ cơ quan năm 2026")

OPENING = (
    "Thực hiện chương trình công tác năm 2026 và nhằm bảo đảm an toàn cho hồ sơ, tài liệu đang "
    "bảo quản tại kho lưu trữ cơ quan, Sở Mẫu xây dựng Kế hoạch diễn tập phòng cháy, chữa cháy và"
    " cứu hộ tài liệu với các nội dung như sau:",
)

#: Headings with the paragraphs below them.
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "I. MỤC ĐÍCH, YÊU CẦU",
        (
            "1. Mục đích: giúp công chức, viên chức và người lao động của Sở nắm vững các bước xử"
            " lý khi xảy ra cháy tại kho lưu trữ; biết sử dụng phương tiện chữa cháy tại chỗ; "
            "biết thứ tự ưu tiên khi di chuyển hồ sơ, tài liệu ra khỏi khu vực nguy hiểm.",
            "2. Yêu cầu: diễn tập sát với điều kiện thực tế của trụ sở; bảo đảm tuyệt đối an toàn"
            " cho người tham gia và cho tài liệu; không làm gián đoạn hoạt động tiếp công dân, "
            "tiếp nhận và trả kết quả thủ tục hành chính; tiết kiệm, không phô trương.",
            "3. Sau diễn tập phải có đánh giá, rút kinh nghiệm bằng văn bản và phân công rõ trách"
            " nhiệm khắc phục những điểm còn hạn chế.",
        ),
    ),
    (
        "II. THỜI GIAN, ĐỊA ĐIỂM, THÀNH PHẦN",
        (
            "1. Thời gian: 01 buổi, bắt đầu từ 14 giờ 00 phút, thứ Sáu, ngày 27 tháng 11 năm "
            "2026. Trường hợp thời tiết không thuận lợi, Văn phòng Sở thông báo thời gian thay "
            "thế.",
            "2. Địa điểm: kho lưu trữ tầng 1 và sân trong của trụ sở Sở Mẫu.",
            "3. Thành phần: Ban Giám đốc Sở; Chánh Văn phòng; công chức văn thư, lưu trữ; đội "
            "phòng cháy và chữa cháy cơ sở; mỗi phòng chuyên môn, đơn vị trực thuộc cử 02 người "
            "tham gia. Mời đại diện lực lượng cảnh sát phòng cháy, chữa cháy đến hướng dẫn.",
        ),
    ),
    (
        "III. NỘI DUNG DIỄN TẬP",
        (
            "1. Tình huống giả định: vào giờ làm việc, hệ thống báo khói tại giá số 3 của kho lưu"
            " trữ phát tín hiệu. Người trực kho phát hiện khói từ tủ điện, chưa có ngọn lửa lớn. "
            "Trong kho có 120 mét giá tài liệu giấy và 02 tủ đựng bản vẽ.",
            "2. Các bước xử lý:",
            "a) Người phát hiện hô báo động, nhấn chuông, ngắt cầu dao khu vực kho và gọi điện "
            "cho đội trưởng đội phòng cháy và chữa cháy cơ sở; thời gian thực hiện không quá 01 "
            "phút.",
            "b) Đội phòng cháy và chữa cháy cơ sở dùng bình khí để chữa cháy tại chỗ, không dùng "
            "nước trong khu vực giá tài liệu; đồng thời mở cửa thoát nạn, hướng dẫn người trong "
            "phòng đọc di chuyển ra sân trong theo sơ đồ đã niêm yết.",
            "c) Tổ cứu hộ tài liệu di chuyển các hộp hồ sơ theo thứ tự ưu tiên đã được phê duyệt."
            " Mỗi hộp được ghi số vào phiếu theo dõi khi rời kho và được kiểm đếm lại tại nơi tập"
            " kết.",
            "d) Tổ bảo vệ lập vành đai, không cho người không có nhiệm vụ vào khu vực tập kết; bố"
            " trí người trông giữ tài liệu cho đến khi đưa trở lại kho.",
            "3. Thực hành sử dụng bình chữa cháy xách tay: mỗi người tham gia thực hành ít nhất "
            "01 lần dưới sự hướng dẫn của cán bộ chuyên môn.",
            "4. Thực hành xử lý tài liệu bị ướt: phân loại, thấm nước, hong khô bằng quạt ở nhiệt"
            " độ phòng; tuyệt đối không phơi nắng, không dùng máy sấy nóng.",
        ),
    ),
    (
        "IV. KINH PHÍ",
        (
            "Kinh phí thực hiện được bố trí trong dự toán chi thường xuyên năm 2026 của Sở. Văn "
            "phòng Sở lập dự toán chi tiết, trình Giám đốc Sở phê duyệt trước ngày 20 tháng 11 "
            "năm 2026 và thanh toán, quyết toán theo quy định.",
        ),
    ),
    (
        "V. BẢO ĐẢM AN TOÀN",
        (
            "1. Trước buổi diễn tập, Văn phòng Sở kiểm tra hệ thống điện, đường thoát nạn, bình "
            "chữa cháy và tủ thuốc sơ cứu; treo biển báo tại cổng và tại các lối vào khu vực diễn"
            " tập.",
            "2. Chỉ sử dụng hộp hồ sơ rỗng và tài liệu mẫu để thực hành di chuyển; không đưa hồ "
            "sơ, tài liệu đang bảo quản ra khỏi kho trong buổi diễn tập.",
            "3. Người tham gia mặc trang phục gọn gàng, đi giày kín; người có bệnh tim mạch, hô "
            "hấp, phụ nữ mang thai không tham gia phần thực hành. Khi có lệnh dừng của người chỉ "
            "huy, mọi hoạt động phải dừng ngay.",
        ),
    ),
    (
        "VI. TỔ CHỨC THỰC HIỆN",
        (
            "1. Văn phòng Sở là đầu mối chủ trì: chuẩn bị phương tiện, sơ đồ thoát nạn, phiếu "
            "theo dõi tài liệu; rà soát, bổ sung bình chữa cháy còn thiếu; mời cơ quan chuyên môn"
            " hướng dẫn; tổng hợp báo cáo kết quả trước ngày 04 tháng 12 năm 2026.",
            "2. Phòng Kế hoạch - Tài chính phối hợp với Văn phòng Sở bảo đảm kinh phí; kiểm tra "
            "việc mua sắm, sử dụng phương tiện đúng mục đích.",
            "3. Các phòng chuyên môn, đơn vị trực thuộc cử người tham gia đúng thành phần, đúng "
            "thời gian; thông báo cho khách đến làm việc về thời gian diễn tập để tránh hoang "
            "mang.",
            "4. Người phụ trách kho lưu trữ hoàn thành việc kiểm kê, dán nhãn thứ tự ưu tiên trên"
            " từng hộp hồ sơ trước ngày 25 tháng 11 năm 2026; giữ chìa khóa dự phòng tại phòng "
            "trực.",
            "5. Công chức văn thư chuẩn bị mẫu biên bản kiểm đếm tài liệu, phiếu theo dõi hộp hồ "
            "sơ và mẫu báo cáo kết quả; lưu toàn bộ hồ sơ của buổi diễn tập theo quy định.",
            "Trên đây là Kế hoạch diễn tập phòng cháy, chữa cháy và cứu hộ tài liệu tại kho lưu "
            "trữ cơ quan năm 2026. Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, các "
            "phòng, đơn vị phản ánh về Văn phòng Sở để tổng hợp, báo cáo Giám đốc Sở xem xét, "
            "quyết định./.",
        ),
    ),
)

RECIPIENTS_HEAD = "Nơi nhận:"
RECIPIENTS = ("- UBND tỉnh Mẫu (để báo cáo);", "- Công an tỉnh Mẫu (để phối hợp);", "- Như mục VI;")
FILED = "- Lưu: VT, VP."
OFFICE = "GIÁM ĐỐC"
SIGNER = "Nguyễn Văn Mẫu"
