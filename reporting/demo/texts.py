"""The words of the demo mission's threats: plausible, invented, one set per kind of cluster.

`{area}` is the prefecture, `{place}` its most hit sub-prefecture, `{who}` the armed groups.
"""

from typing import Any

Words = dict[str, Any]

KINDS: dict[str, Words] = {
    "attacks": {
        "title": "Attacks on villages and traders by {who} in {place}",
        "location": "Villages and roads around {place}, {area}",
        "violence_types": ("killing", "pillage", "abduction"),
        "scale": "Small groups stop vehicles and enter villages at night; a market and two axes are concerned",
        "civilians": "Traders, returnees and families on the way to their fields; women on the way to market most",
        "groups": (("women", 3200, "Robbery and assault on the way to market", 3), ("returnees", 1100, "Reprisals", 2)),
        "perpetrators": "Local commander acts on his own account; wants control of the road tax",
        "other_actors": "Chiefs and traders negotiate passage from day to day",
        "protection": (("Community alert network", "gives early warning"), ("Interfaith platform", "mediates")),
        "capacity": "Temporary operating base within two hours in the dry season; four vehicles",
        "response": "Patrols on market days and a contact line with the chiefs",
        "action": "Keep presence on market days, seek the commander's written word, extend the alert network",
        "objective": "Traders and farmers use both axes without attack on market days until the end of March",
        "triggers": "Market days, payment of the road tax, arrests of group members",
        "inputs": ("perpetrators", "hotspots", "human-rights"),
        "components": ("force", "civil-affairs"),
    },
    "clashes": {
        "title": "Civilians caught in clashes between {who} in {place}",
        "location": "{place} town and the roads that lead to it, {area}",
        "violence_types": ("indiscriminate-attack", "forced-displacement", "killing"),
        "scale": "Several hundred fighters on both sides; past clashes emptied whole quarters within a day",
        "civilians": "Residents of mixed quarters and displaced people at the site near the airstrip",
        "groups": (
            ("idps", 8400, "Crossfire and looting at the site", 3),
            ("minority", 1500, "Targeting by origin", 3),
        ),
        "perpetrators": "Both sides recruit along community lines and claim to protect their own",
        "other_actors": "Traditional leaders keep a line open to both sides",
        "protection": (
            ("Local peace and security committee", "keeps the line open"),
            ("Protection Cluster", "site plan"),
        ),
        "capacity": "One company and a formed police unit in town; no air support at night",
        "response": "Weapons-free zone around the site, night patrols, talks with both sides",
        "action": "Renew the local agreement, keep the weapons-free zone, prepare the relocation of the site",
        "objective": "No fighting within five kilometres of the site and the hospital during the next quarter",
        "triggers": "Arrival of reinforcements, killing of a leader, dispute over customs posts",
        "inputs": ("political-military", "perpetrators", "hotspots"),
        "components": ("force", "police", "civil-affairs"),
    },
    "state_operation": {
        "title": "Harm to civilians in fighting between State forces and {who} in {place}",
        "location": "{place} and the main supply road, {area}",
        "violence_types": ("indiscriminate-attack", "killing", "pillage"),
        "scale": "Fighting along the road and in the outskirts; heavy weapons are used near houses",
        "civilians": "Residents along the road, drivers and people who flee on foot into the bush",
        "groups": (("men", 2100, "Taken for fighters at checkpoints", 2), ("older-persons", None, "Cannot flee", 3)),
        "perpetrators": "Both sides: the armed group occupies public buildings, State forces fire on quarters it left",
        "other_actors": "Local authorities have left the town; the Red Cross evacuates wounded",
        "protection": (("ICRC and national Red Cross", "evacuates wounded"), ("Prefecture and sub-prefects", "absent")),
        "capacity": "Mobile company on the main road; hospital level 1 at the base",
        "response": "Escorts of humanitarian convoys and advocacy with the command of State forces",
        "action": "Deconflict routes, shelter civilians at the base, follow up harm by State forces with their command",
        "objective": "Civilians in {place} can reach shelter and care, and the road is open to aid, within a month",
        "triggers": "Election results, a further advance on the capital, arrival of reinforcements",
        "inputs": ("political-military", "triggers", "human-rights"),
        "components": ("force", "human-rights", "political"),
    },
    "state_abuse": {
        "title": "Abuses by State forces against civilians in {place}",
        "location": "Checkpoints and detention places in {place}, {area}",
        "violence_types": ("arbitrary-detention", "killing", "pillage"),
        "scale": "Single shootings, illegal taxes and detention without a judge; no commander was held to account",
        "civilians": "Young men held as suspected group members, herders, motorcycle drivers",
        "groups": (
            ("men", 600, "Detention and shooting at checkpoints", 3),
            ("minority", 900, "Suspected as a group", 3),
        ),
        "perpetrators": "National army and gendarmes posted since the summer, unpaid for two months",
        "other_actors": "The prosecutor works from another town; families turn to the mayor",
        "protection": (
            ("National human rights commission", "visits cells"),
            ("Women's associations", "accompany families"),
        ),
        "capacity": "Human rights monitor and police advisers in town twice a month; joint patrols are possible",
        "response": "Visits to cells, a list of cases handed to the command, due diligence on support",
        "action": "Agree on a register of detainees, tie support to the handling of cases, train the detachment",
        "objective": "By the end of March every detainee in {place} is registered and seen by a judge in legal time",
        "triggers": "Unpaid salaries, rotation of the detachment, arrests after an attack",
        "inputs": ("human-rights", "institutions", "mission-actions"),
        "components": ("police", "human-rights"),
    },
}

# Response activities by kind of threat: title, tier, phases, lead component.
ACTIVITIES: dict[str, tuple[tuple[str, int, tuple[str, ...], str], ...]] = {
    "attacks": (
        ("Day and night patrols on the road to {place}", 2, ("pre_emption", "response"), "force"),
        ("Dialogue with the commander on free passage", 1, ("prevention", "pre_emption"), "political"),
        ("Phones and training for the community alert network", 3, ("prevention",), "civil-affairs"),
        ("Escorts for traders on market days", 2, ("pre_emption",), "force"),
        ("Investigation of attacks for referral to the courts", 1, ("response", "consolidation"), "human-rights"),
    ),
    "clashes": (
        ("Weapons-free zone around the displacement site", 2, ("response",), "force"),
        ("Good offices between the two sides in {place}", 1, ("pre_emption", "response"), "political"),
        ("Return plan with the Protection Cluster", 3, ("consolidation",), "poc"),
        ("Formed police unit at the displacement site", 2, ("pre_emption", "response"), "police"),
        ("Renewal of the local peace agreement", 1, ("prevention", "consolidation"), "civil-affairs"),
    ),
    "state_operation": (
        ("Shelter plan for civilians at the base in {place}", 2, ("pre_emption", "response"), "force"),
        ("Advocacy with the command of State forces on conduct", 1, ("response",), "political"),
        ("Documentation of harm to civilians", 3, ("response", "consolidation"), "human-rights"),
        ("Escorts of humanitarian convoys on the main road", 2, ("response",), "force"),
    ),
    "state_abuse": (
        ("Joint patrols with the gendarmerie", 2, ("pre_emption",), "police"),
        ("Meetings with the command on named cases", 1, ("response",), "human-rights"),
        ("Visits to places of detention in {place}", 3, ("prevention", "response"), "human-rights"),
        ("Register of detainees with the gendarmerie", 3, ("prevention", "consolidation"), "police"),
    ),
}

RATING_REASONS = (
    "First rating, from the events of the last months and the reports of the alert network.",
    "Events of the last weeks and movement of fighters were weighed anew in the forum.",
    "Rated after the December events; the forum compared neighbouring areas.",
)
IMMINENCE_REASON = (
    "Armed men gather within a day's walk, earlier attacks followed the same pattern, and no local commitment holds."
)

# Sections of the quarterly assessment that no record can draft, by period and code.
_SEASONS_AND_ECONOMY = {
    "II.a.i": (
        "Armed groups are expected to keep to the roads and mining sites that they hold. Where two of them claim the "
        "same road, clashes are likely; attacks on civilians follow losses in such clashes."
    ),
    "II.a.iv": (
        "The main supply road is cut at times; prices of food and fuel rise in the capital and in the towns of the "
        "west. Young men without income are an easy target for recruitment."
    ),
    "II.b": (
        "Displaced people at sites near towns and traders on the roads would be hit first. In the south-east, where "
        "the mission has no base within a day's drive, warning would come late."
    ),
    "III": (
        "The mission keeps presence on market days, good offices with all sides, and shelter plans at its bases. It "
        "asks Headquarters to support the deployment of a second mobile company."
    ),
}
SECTIONS = {
    "2020-Q3": {
        **_SEASONS_AND_ECONOMY,
        "II.a.ii": (
            "The general election is set for 27 December. Registration of candidates in November, and decisions on who "
            "may stand, may raise the risk to candidates, election staff and communities held to support one side."
        ),
        "II.a.iii": (
            "The rains end in November: roads open to fighters and to aid alike. Cattle begin to move south in "
            "December, while fields in Ouaka and Ouham are not yet harvested."
        ),
    },
    "2020-Q4": {
        **_SEASONS_AND_ECONOMY,
        "II.a.ii": (
            "The results of the election of 27 December will shape the quarter. A second round, challenges to the "
            "result and by-elections in areas where voting failed may each raise the risk to candidates, election "
            "staff and communities held to support one side."
        ),
        "II.a.iii": (
            "The dry season opens roads to fighters and to aid alike. Cattle move south from January; where corridors "
            "cross fields that are not yet harvested, disputes with farmers are likely in Ouaka, Ouham and Basse-Kotto."
        ),
    },
}
NOTHING_KNOWN = "The mission has no information of its own on this for the quarter."
