"""Reading SPARQL: SELECT and ASK queries, and what Virtuoso allows beside SPARQL 1.1.

    PREFIX ns: <http://rdf.freebase.com/ns/>
    SELECT DISTINCT ?x WHERE { ns:m.0abc ns:film.actor.film ?y . ?y ns:film.performance.film ?x }

Grammar: https://www.w3.org/TR/sparql11-query/#sparqlGrammar without property paths, blank nodes, GRAPH and SERVICE,
which no dataset has. From Virtuoso: OR and AND for || and &&, ``HAVING COUNT(?x) = 2`` without parentheses, the cast
``xsd:datetime``, and its predeclared prefixes. All prefixed names become full IRIs.
"""

from __future__ import annotations

from symbol_llm.formats.sparql_terms import TermReader
from symbol_llm.formats.sparql_tree import PREFIXES, Node

_CLAUSES = {"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"}


def parse_query(text: str) -> Node:
    """Read a query. Raises SymbolError with the position of the first fault."""
    return _Reader(text).read()


class _Reader(TermReader):
    def read(self) -> Node:
        while self.skip("PREFIX"):
            name = self.take("name", "a prefix and ':'")
            if not name.endswith(":") or name.count(":") != 1:
                self.at -= 1
                self.fail("a prefix and ':'")
            self.prefixes[name[:-1]] = self.take("iri", "an IRI in < >")[1:-1]
        if self.skip("ASK"):
            self.skip("WHERE")
            query = Node("ask", (self.group(),))
        elif self.has("SELECT"):
            query = self.select()
        else:
            self.fail("PREFIX, SELECT or ASK")
        if self.token.kind != "end":
            self.fail("the end of the query")
        return query

    def select(self) -> Node:
        self.expect("SELECT")
        modifier = next((word for word in ("DISTINCT", "REDUCED") if self.skip(word)), "")
        items: list[Node | str] = []
        if not self.skip("*"):
            while self.token.kind == "variable" or self.has("("):
                items.append(self.variable() if self.token.kind == "variable" else self.named())
            if not items:
                self.fail("'*', a variable or '(… AS ?variable)'")
        self.skip("WHERE")
        group = self.group()
        by: list[Node | str] = []
        if self.skip("GROUP", "BY"):
            while self.token.kind in ("variable", "iri", "name") or self.is_call() or self.has("("):
                by.append(self.group_key())
            if not by:
                self.fail("what to group by")
        having: list[Node | str] = []
        if self.skip("HAVING"):
            having.append(self.expression())
            while self.has("("):
                having.append(self.expression())
        order: list[Node | str] = []
        if self.skip("ORDER", "BY"):
            while (key := self.order_key()) is not None:
                order.append(key)
            if not order:
                self.fail("what to order by")
        numbers = {"LIMIT": "", "OFFSET": ""}
        while self.has("LIMIT", "OFFSET"):
            head = self.token.text.upper()
            if numbers[head]:
                self.fail(f"one {head}")
            self.at += 1
            if not self.token.text.isdigit():
                self.fail("a whole number")
            numbers[head] = str(int(self.take("number", "a whole number")[:18]))
        values = self.values() if self.has("VALUES") else Node("values")
        clauses = Node("group by", tuple(by)), Node("having", tuple(having)), Node("order", tuple(order))
        projection = Node("projection", tuple(items))
        return Node("select", (modifier, projection, group, *clauses, numbers["LIMIT"], numbers["OFFSET"], values))

    def named(self) -> Node:
        """``(COUNT(?x) AS ?n)``"""
        self.expect("(")
        expression = self.expression()
        self.expect("AS")
        variable = self.variable()
        self.expect(")")
        return Node("as", (expression, variable))

    def group_key(self) -> Node | str:
        if self.token.kind == "variable":
            return self.variable()
        if not self.skip("("):
            return self.primary()
        expression = self.expression()
        key = Node("as", (expression, self.variable())) if self.skip("AS") else expression
        self.expect(")")
        return key

    def order_key(self) -> Node | None:
        direction = next((word for word in ("ASC", "DESC") if self.skip(word)), "")
        if direction:
            self.expect("(")
            key = self.expression()
            self.expect(")")
            return Node(direction.lower(), (key,))
        if self.token.kind in ("variable", "iri", "name") or self.has("(") or self.is_call():
            return Node("asc", (self.primary(),))
        return None

    def is_call(self) -> bool:
        """Whether a function, and no clause, comes next."""
        return self.token.kind == "word" and self.token.text.upper() not in _CLAUSES

    # Groups

    def group(self) -> Node:
        if not self.has("{"):
            self.fail("'{'")
        group = self.nested(self.group_within)
        assert isinstance(group, Node)
        return group

    def group_within(self) -> Node:
        self.expect("{")
        if self.has("SELECT"):
            parts: list[Node | str] = [self.select()]
            self.expect("}", " of the subquery")
            return Node("group", tuple(parts))
        parts = []
        while not self.skip("}"):
            if self.token.kind == "end":
                self.fail("'}'")
            if not self.skip("."):
                parts += self.elements()
        return Node("group", tuple(parts))

    def elements(self) -> list[Node | str]:
        """One or more parts of a group."""
        if self.skip("FILTER"):
            if not (self.has("(", "EXISTS", "NOT") or self.is_call() or self.token.kind in ("iri", "name")):
                self.fail("'(' or a function")
            return [Node("filter", (self.primary(),))]
        if self.skip("OPTIONAL"):
            return [Node("optional", (self.group(),))]
        if self.skip("MINUS"):
            return [Node("minus", (self.group(),))]
        if self.skip("BIND"):
            named = self.named()
            return [Node("bind", named.parts)]
        if self.has("VALUES"):
            return [self.values()]
        if self.has("GRAPH", "SERVICE"):
            self.fail("a graph pattern (GRAPH and SERVICE are not read)")
        if self.has("{"):
            groups = [self.group()]
            while self.skip("UNION"):
                groups.append(self.group())
            if len(groups) > 1:
                return [Node("union", tuple(groups))]
            inner = groups[0].parts
            is_subquery = len(inner) == 1 and isinstance(inner[0], Node) and inner[0].kind == "select"
            return [inner[0] if is_subquery else groups[0]]
        return self.triples()

    def triples(self) -> list[Node | str]:
        subject = self.term("a triple, FILTER, OPTIONAL, VALUES, '{' or '}'", is_subject=True)
        found: list[Node | str] = []
        while True:
            if self.token.kind == "word" and self.token.text == "a":
                self.at += 1
                predicate = f"<{PREFIXES['rdf']}type>"
            else:
                predicate = self.term("a relation or a variable (property paths are not read)", is_subject=True)
            if self.has("/", "*", "+", "^^"):
                self.fail("an object (property paths are not read)")
            while True:
                found.append(Node("triple", (subject, predicate, self.term("an object"))))
                if not self.skip(","):
                    break
            while self.skip(";"):
                pass
            if self.tokens[self.at - 1].text != ";" or self.has(".", "}"):
                break
        if not self.has(".", "}", "{", "FILTER", "OPTIONAL", "MINUS", "BIND", "VALUES", "GRAPH", "SERVICE"):
            self.fail("'.', ';', ',' or '}' after a triple")
        return found

    def values(self) -> Node:
        self.expect("VALUES")
        names: list[Node | str] = []
        if self.token.kind == "variable":
            names.append(self.variable())
            is_tuple = False
        else:
            is_tuple = True
            self.expect("(")
            while not self.skip(")"):
                names.append(self.variable())
        self.expect("{")
        rows: list[Node | str] = []
        while not self.skip("}"):
            row: list[Node | str] = []
            if is_tuple:
                self.expect("(")
                while not self.skip(")"):
                    row.append(self.constant())
            else:
                row.append(self.constant())
            if len(row) != len(names):
                self.fail(f"rows of {len(names)} values")
            rows.append(Node("row", tuple(row)))
        return Node("values", (Node("names", tuple(names)), *rows))
