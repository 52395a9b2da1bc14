"""Offices, people and forums of the demo mission. All people are fictional; their addresses receive no mail."""

from dataclasses import dataclass
from typing import Any

from pocweb.choices import Level, Marking, OfficeKind, Role

MISSION = {
    "code": "DEMO",
    "name": "Demo mission",
    "country_code": "CAF",
}


@dataclass(frozen=True)
class OfficePlan:
    """An office: its code, its parent's code, its name, kind, point, and the p-codes of its prefectures."""

    code: str
    parent: str
    name: str
    kind: OfficeKind
    lat: float
    lon: float
    areas: tuple[str, ...] = ()


OFFICES = (
    OfficePlan("HQ", "", "Mission headquarters", OfficeKind.HEADQUARTERS, 4.394, 18.558, ("CF71", "CF11", "CF12")),
    OfficePlan("WEST", "HQ", "Sector West", OfficeKind.SECTOR, 5.935, 15.595),
    OfficePlan("EAST", "HQ", "Sector East", OfficeKind.SECTOR, 6.541, 21.987),
    OfficePlan(
        "BAMBARI", "EAST", "Bambari field office", OfficeKind.FIELD_OFFICE, 5.762, 20.667,
        ("CF43", "CF61", "CF62", "CF63"),
    ),
    OfficePlan("BRIA", "EAST", "Bria field office", OfficeKind.FIELD_OFFICE, 6.536, 21.992, ("CF52", "CF53")),
    OfficePlan(
        "KAGABANDORO", "EAST", "Kaga-Bandoro field office", OfficeKind.FIELD_OFFICE, 6.989, 19.188,
        ("CF42", "CF51", "CF41"),
    ),
    OfficePlan(
        "BOUAR", "WEST", "Bouar field office", OfficeKind.FIELD_OFFICE, 5.934, 15.596, ("CF22", "CF21", "CF23")
    ),
    OfficePlan("BOSSANGOA", "WEST", "Bossangoa field office", OfficeKind.FIELD_OFFICE, 6.493, 17.455, ("CF32", "CF31")),
)  # fmt: skip
WITH_MATRIX = ("BAMBARI", "BRIA", "KAGABANDORO", "BOUAR", "BOSSANGOA", "HQ")


@dataclass(frozen=True)
class PersonPlan:
    """A fictional person: account, name, function, role, office, component, and up to which marking they read."""

    account: str
    first: str
    last: str
    function: str
    role: Role
    office: str
    component: str
    clearance: Marking = Marking.CONFIDENTIAL


_STRICT = Marking.STRICTLY_CONFIDENTIAL
# one account per role first, then the heads and officers whom editions of the other offices need
PEOPLE = (
    PersonPlan("castell", "N.", "Castell", "POC Adviser", Role.POCA, "HQ", "poc", _STRICT),
    PersonPlan("bellin", "A.", "Bellin", "POC Officer, Bambari", Role.POCF, "BAMBARI", "poc"),
    PersonPlan("marrow", "I.", "Marrow", "Head of Office, Bambari", Role.HOO, "BAMBARI", "political"),
    PersonPlan("tamm", "R.", "Tamm", "Head of military, Bambari", Role.FCPC, "BAMBARI", "force"),
    PersonPlan("quill", "S.", "Quill", "Head of police, Bambari", Role.FCPC, "BAMBARI", "police"),
    PersonPlan("morrow", "H.", "Morrow", "Head of Mission", Role.SML, "HQ", "political", _STRICT),
    PersonPlan("vey", "T.", "Vey", "POC lead", Role.LEAD, "HQ", "political", _STRICT),
    PersonPlan("orlo", "D.", "Orlo", "Civil Affairs Officer, Bambari", Role.SECT, "BAMBARI", "civil-affairs"),
    PersonPlan("haske", "J.", "Haske", "Chief, Joint Operations Centre", Role.JOC, "HQ", "support"),
    PersonPlan("ferro", "C.", "Ferro", "Joint Mission Analysis Centre", Role.JMAC, "HQ", "political", _STRICT),
    PersonPlan("solane", "M.", "Solane", "Human Rights Officer", Role.PROT, "HQ", "human-rights", _STRICT),
    PersonPlan("pasco", "L.", "Pasco", "Strategic Communications", Role.SCPI, "HQ", "support"),
    PersonPlan("grint", "B.", "Grint", "Mission Support", Role.DMS, "HQ", "support"),
    PersonPlan("weller", "K.", "Weller", "Planning Officer", Role.SPU, "HQ", "support"),
    PersonPlan("amsel", "P.", "Amsel", "Protection Cluster (partner)", Role.EXT, "HQ", "support", Marking.UNCLASSIFIED),
    PersonPlan("lund", "O.", "Lund", "Administrator", Role.ADM, "HQ", "support"),
    PersonPlan("brandt", "E.", "Brandt", "Force Commander", Role.FCPC, "HQ", "force", _STRICT),
    PersonPlan("noor", "F.", "Noor", "Police Commissioner", Role.FCPC, "HQ", "police", _STRICT),
    PersonPlan("kessel", "G.", "Kessel", "Sector Commander East", Role.FCPC, "EAST", "force"),
    PersonPlan("ravel", "U.", "Ravel", "Sector Police East", Role.FCPC, "EAST", "police"),
    PersonPlan("dahl", "W.", "Dahl", "Sector Commander West", Role.FCPC, "WEST", "force"),
    PersonPlan("imber", "Y.", "Imber", "Sector Police West", Role.FCPC, "WEST", "police"),
    PersonPlan("corrin", "V.", "Corrin", "Head of Office, Bria", Role.HOO, "BRIA", "political"),
    PersonPlan("adair", "L.", "Adair", "POC Officer, Bria", Role.POCF, "BRIA", "poc"),
    PersonPlan("holm", "B.", "Holm", "Head of Office, Kaga-Bandoro", Role.HOO, "KAGABANDORO", "political"),
    PersonPlan("petri", "J.", "Petri", "POC Officer, Kaga-Bandoro", Role.POCF, "KAGABANDORO", "poc"),
    PersonPlan("strand", "M.", "Strand", "Head of Office, Bouar", Role.HOO, "BOUAR", "political"),
    PersonPlan("okeh", "D.", "Okeh", "POC Officer, Bouar", Role.POCF, "BOUAR", "poc"),
    PersonPlan("varga", "A.", "Varga", "Head of Office, Bossangoa", Role.HOO, "BOSSANGOA", "political"),
    PersonPlan("lenz", "K.", "Lenz", "POC Officer, Bossangoa", Role.POCF, "BOSSANGOA", "poc"),
)
# who opens an office's editions, and who approves as Head of Office, head of military and head of police
DRAFTER = {
    "BAMBARI": "bellin", "BRIA": "adair", "KAGABANDORO": "petri", "BOUAR": "okeh", "BOSSANGOA": "lenz", "HQ": "castell",
}  # fmt: skip
HEADS = {
    "BAMBARI": ("marrow", "tamm", "quill"),
    "BRIA": ("corrin", "kessel", "ravel"),
    "KAGABANDORO": ("holm", "kessel", "ravel"),
    "BOUAR": ("strand", "dahl", "imber"),
    "BOSSANGOA": ("varga", "dahl", "imber"),
    "HQ": ("vey", "brandt", "noor"),
}
MEMBERS = ("force", "police", "civil-affairs", "human-rights", "poc")


def forum_plan(office: OfficePlan) -> dict[str, Any]:
    """Return the values of the forum that decides on an office's matrix."""
    if office.code == "HQ":
        name, code, level = "Protection working group", "pwg", Level.OPERATIONAL
    else:
        short = office.name.removesuffix(" field office")
        name, code, level = f"Local protection forum, {short}", f"lpf-{office.code.lower()}", Level.TACTICAL
    return {"name": name, "code": code, "level": level, "frequency": "monthly", "chair": HEADS[office.code][0]}


PROTECTION_ACTORS = (
    ("Local peace and security committee", "community"),
    ("Community alert network", "community"),
    ("Prefecture and sub-prefects", "state"),
    ("National army and gendarmerie", "state"),
    ("Interfaith platform", "religious"),
    ("Women's associations", "civil_society"),
    ("Protection Cluster", "humanitarian"),
    ("ICRC and national Red Cross", "humanitarian"),
    ("National human rights commission", "human_rights"),
)
