"""The operations of GQA programs, what each one takes and gives, and which attributes belong to which category.

    filter(set): those of the set that are so        filter color: white

Names are those of GQA's ``semantic`` field (Hudson and Manning 2019, arXiv 1902.09506). An operation may carry a
category (``verify color``, ``choose less healthy``): categories are open, as upstream's are, operations are not.
Glosses are ours: they tell an operation in a definition, whatever it is called there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What an operation takes or gives."""

    SET = "set"
    TRUTH = "yes or no"
    WORD = "word"


class Argument(StrEnum):
    """What stands after the colon of an operation."""

    NAME = "a name"
    VALUE = "a value"
    RELATION = "name,relation,s or o"
    OPTIONS = "options with '|' between"
    CATEGORY = "a category"
    MARK = "a '?'"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation; ``takes`` shows the arguments in a definition."""

    name: str
    takes: str
    inputs: Type
    output: Type
    gloss: str
    is_commutative: bool = False

    @property
    def definition(self) -> str:
        """``exist(set): is there any``"""
        return f"{self.name}({self.takes}): {self.gloss}"


_ALL = (
    Operation("select", "name", Type.SET, Type.SET, "all objects of that name"),
    Operation("filter", "set", Type.SET, Type.SET, "those of the set that are so"),
    Operation("relate", "set", Type.SET, Type.SET, "objects that are so related to the set"),
    Operation("exist", "set", Type.SET, Type.TRUTH, "is there any"),
    Operation("verify", "set", Type.SET, Type.TRUTH, "is it so"),
    Operation("query", "set", Type.SET, Type.WORD, "what its value is"),
    Operation("choose", "set", Type.SET, Type.WORD, "which of the options it is"),
    Operation("same", "set, set", Type.SET, Type.TRUTH, "are they alike", True),
    Operation("different", "set, set", Type.SET, Type.TRUTH, "do they differ", True),
    Operation("common", "set, set", Type.SET, Type.WORD, "what both share", True),
    Operation("and", "truth, truth", Type.TRUTH, Type.TRUTH, "do both hold", True),
    Operation("or", "truth, truth", Type.TRUTH, Type.TRUTH, "does one hold", True),
)
OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _ALL}
BY_GLOSS: dict[str, Operation] = {operation.gloss: operation for operation in _ALL}

# Comparatives of ``choose``: attributes that tell for an object, and against it.
COMPARATIVES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    comparative: (frozenset(for_it.split()), frozenset(against.split()))
    for comparative, for_it, against in (
        ("healthier", "healthy", "unhealthy"),
        ("less healthy", "unhealthy", "healthy"),
        ("older", "old", "young"),
        ("younger", "young", "old"),
        ("taller", "tall", "short"),
        ("shorter", "short", "tall long"),
        ("longer", "long", "short"),
        ("larger", "large", "small"),
        ("smaller", "small", "large"),
        ("higher", "high", "low"),
        ("lower", "low", "high"),
    )
}

# The usual attributes of Visual Genome by category. A world may bring its own table.
ATTRIBUTES: dict[str, frozenset[str]] = {
    category: frozenset(words.split(","))
    for category, words in {
        "color": "white,black,green,blue,brown,gray,grey,red,yellow,orange,pink,purple,silver,gold,tan,beige,blond,"
        "dark blue,light blue,dark brown,light brown,dark green,light green,maroon,teal,turquoise,cream colored,khaki,"
        "brunette,dark gray,light gray",
        "material": "wood,wooden,metal,plastic,glass,brick,concrete,leather,stone,paper,porcelain,cloth,denim,wicker,"
        "stainless steel,cardboard,chrome,marble,rubber,lace,aluminum,tile,granite,wool,cotton",
        "size": "large,small,little,tiny,huge,giant,big",
        "shape": "round,square,rectangular,triangular,octagonal,oval,circular,curved,spherical",
        "length": "long,short",
        "height": "tall,short",
        "age": "old,young,new",
        "cleanliness": "clean,dirty",
        "pattern": "striped,plaid,checkered,floral,dotted,spotted",
        "weather": "cloudy,clear,sunny,overcast,cloudless,partly cloudy,stormy,rainy,foggy,snowy",
        "pose": "standing,sitting,lying,walking,running,posing,jumping,kneeling,crouching,leaning",
    }.items()
}
