r"""The commands of LaTeX that an answer of MATH may hold, and how many arguments each takes.

```
\frac{1}{2}   two          \sqrt[3]{2}   one, and one in brackets          \pi   none
```
"""

from __future__ import annotations

_TWO = "frac dfrac tfrac cfrac binom dbinom tbinom stackrel overset underset renewcommand"
_ONE = """
    sqrt mathrm mathbf mathbb mathcal mathit mathsf mathfrak boldsymbol bm overline underline overrightarrow
    overleftarrow overbrace underbrace vec hat bar tilde dot ddot widehat widetilde check boxed fbox phantom
    operatorname pmod mathop mathrel mathbin
"""
_TEXT = "text mbox textbf textit textrm textsf textnormal hbox hspace vspace color"
_SPACING = """
    ! , ; : > quad qquad thinspace enspace displaystyle textstyle scriptstyle limits nolimits big Big bigg Bigg bigl
    bigr Bigl Bigr biggl biggr Biggl Biggr allowbreak nobreak hfill strut
"""
_DELIMITERS = """
    { } | langle rangle lfloor rfloor lceil rceil lvert rvert lVert rVert vert Vert backslash lbrace rbrace lbrack
    rbrack uparrow downarrow
"""
_ENVIRONMENTS = """
    matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array cases aligned align align* gathered split
"""
_SYMBOLS = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho
    sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    infty circ degree prime cup cap in notin ni times div cdot cdotp pm mp le leq leqslant ge geq geqslant ne neq lt gt
    ll gg approx sim simeq cong equiv propto to rightarrow leftarrow Rightarrow Leftarrow leftrightarrow Leftrightarrow
    mapsto implies iff longrightarrow ldots dots cdots vdots ddots emptyset varnothing setminus mid nmid parallel perp
    angle measuredangle triangle sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth
    log ln lg exp lim limsup liminf max min sup inf gcd lcm det deg dim ker arg sum prod int iint iiint oint partial
    nabla forall exists neg lnot land lor wedge vee oplus otimes odot subset supset subseteq supseteq subsetneq not
    star ast bullet ell hbar Re Im aleph square Box blacksquare checkmark dagger colon bmod mod because therefore top
    bot diamond clubsuit heartsuit spadesuit diamondsuit arraystretch hline % $ # & _
"""

# Commands whose arguments are maths, and how many these are.
ARGUMENTS: dict[str, int] = {name: count for count, names in ((2, _TWO), (1, _ONE)) for name in names.split()}

# Commands with one argument that is words.
TEXT = frozenset(_TEXT.split())

# What only moves ink.
SPACING = frozenset((*_SPACING.split(), " "))

DELIMITERS = frozenset(_DELIMITERS.split())
ENVIRONMENTS = frozenset(_ENVIRONMENTS.split())

# Commands without arguments.
KNOWN = frozenset(_SYMBOLS.split()) | DELIMITERS | SPACING

# Commands that print the same as another one, and the one.
SAME: dict[str, str] = {
    "dfrac": "frac",
    "tfrac": "frac",
    "cfrac": "frac",
    "dbinom": "binom",
    "tbinom": "binom",
    "mbox": "text",
    "textrm": "text",
    "textnormal": "text",
    "hbox": "text",
    "leq": "le",
    "geq": "ge",
    "leqslant": "le",
    "geqslant": "ge",
    "neq": "ne",
    "rightarrow": "to",
    "dots": "ldots",
    "lbrace": "{",
    "rbrace": "}",
    "lor": "vee",
    "land": "wedge",
    "bm": "boldsymbol",
    "iff": "Leftrightarrow",
}
