"""Material: a document that many items ask for, described once (R4.2.2.2)."""
from __future__ import annotations

from .fields import choice, flag, group, text
from .filerefs import file_ref
from .heads import plain_row
from .kinds import Kind
from .vocabularies import labels

SCHEMA = group(
    "material", "共享材料",
    text("name", "材料名称", max=300, required=True, head=True), choice("kind", "材料类型", labels("material-kind"), head=True),
    text("issuer", "出具机构", max=200), choice("source", "来源渠道", labels("material-source")),
    text("about", "说明", max=1000), file_ref("sample_file", "填写样例文件"), file_ref("blank_file", "空白表文件"), flag("certificate", "有对应的电子证照"), flag("demo", "示例", head=True),
)

KIND = Kind(name="Material", title="共享材料", folder="materials", home="/shared/materials", schema=SCHEMA,
            heading=lambda values: values["name"], listing=plain_row("Material", "name"))
