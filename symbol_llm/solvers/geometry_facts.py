"""What the forms of a problem say, as equations over the measures of its figure.

    Equals(LengthOf(Line(A,B)),2x+3)    length AB = 2 x + 3
    Parallel(Line(A,B),Line(C,D))       the two directions are the same, or opposite, as the diagram shows
    Find(MeasureOf(Angle(A,B,C)))       the goal

A form that cannot be said yet (a sine of an angle that is not known) is tried again later; one that says nothing about
this figure (a placeholder, an unlabelled shaded region) raises Unmeasured.
"""

from __future__ import annotations

import math

from symbol_llm.formats.geometry_forms import Form, named_angle, render_form
from symbol_llm.solvers.geometry_figure import Circle, circle_name, letters, polygon
from symbol_llm.solvers.geometry_measures import Measures, Unmeasured
from symbol_llm.solvers.geometry_unknowns import Sum, number, total

_TRIGONOMETRY = {
    "SinOf": math.sin,
    "CosOf": math.cos,
    "TanOf": math.tan,
    "CotOf": lambda angle: 1 / math.tan(angle),
}


class NotYet(ValueError):
    """A quantity depends on an angle or a length that is not known so far."""


class Numbers:
    """The number that a form is, as a sum of unknowns."""

    def __init__(self, measures: Measures) -> None:
        self.measures, self.figure, self.unknowns = measures, measures.figure, measures.unknowns

    def of(self, form: Form | str) -> Sum:
        """Raises Unmeasured, or NotYet."""
        if isinstance(form, str):
            name = named_angle(form)
            return self._named_angle(name) if name else self.measures.algebra(form)
        name, arguments = form.name, form.arguments
        if name in ("LengthOf", "MeasureOf", "Right", "RightAngle") and len(arguments) == 1:
            if name == "LengthOf" and isinstance(arguments[0], Form) and arguments[0].name == "Arc":
                return self._arc_length(arguments[0])
            return self.of(arguments[0])
        if name == "Line":
            line = letters(form, "Line", 2)
            if line is None:
                raise Unmeasured(f"{render_form(form)} has no ends")
            return self.measures.length(*line)
        if name == "Angle":
            return self._angle(form)
        if name == "Arc":
            circle, points = self._arc(form)
            return self.measures.arc(circle, *points)
        if name in ("RadiusOf", "DiameterOf", "CircumferenceOf"):
            factor = {"RadiusOf": 1.0, "DiameterOf": 2.0, "CircumferenceOf": 2 * math.pi}[name]
            return self.measures.radius(self.circle(arguments[0])) * factor
        if name == "AreaOf":
            return self._area(arguments[0])
        if name == "PerimeterOf":
            return total(self.measures.length(a, b) for a, b in self._edges(arguments[0]))
        if name == "SideOf":
            return self.measures.length(*self._edges(arguments[0])[0])
        if name in ("HypotenuseOf", "AltitudeOf", "HeightOf", "BaseOf"):
            return self._part(name, arguments[0])
        return self._computed(form)

    def known(self, form: Form | str) -> float:
        """The value of a form. Raises NotYet while it has none."""
        value = self.unknowns.value(self.of(form))
        if value is None:
            raise NotYet(render_form(form))
        return value

    def _computed(self, form: Form) -> Sum:
        name, arguments = form.name, form.arguments
        if name in _TRIGONOMETRY:
            angle = math.radians(self.known(arguments[0]))
            if name in ("TanOf", "CotOf") and abs(math.sin(2 * angle)) < 1e-9:
                raise Unmeasured(f"{render_form(form)} is not finite")
            return number(_TRIGONOMETRY[name](angle))
        match name:
            case "HalfOf":
                return self.of(arguments[0]) * 0.5
            case "SumOf" | "Add":
                return total(map(self.of, arguments))
            case "AverageOf":
                return total(map(self.of, arguments)) * (1 / len(arguments))
            case "Sub":
                return self.of(arguments[0]) - total(map(self.of, arguments[1:]))
            case "Mul":
                result = self.of(arguments[0])
                for argument in arguments[1:]:
                    result = self.measures.times(result, self.of(argument), render_form(form))
                return result
            case "SquareOf":
                side = self.of(arguments[0])
                return self.measures.times(side, side, render_form(form))
            case "SqrtOf":
                return number(math.sqrt(self._positive(arguments[0])))
            case "Pow":
                return number(self._positive(arguments[0]) ** min(10.0, self.known(arguments[1])))
            case "RatioOf" if len(arguments) == 1:
                return self.of(arguments[0])
            case "Div" | "RatioOf" if len(arguments) > 1:
                return self._quotient(form)
            case "ScaleFactorOf":
                return self._scale_factor(form)
        raise Unmeasured(f"{render_form(form)} has no measure here")

    def _quotient(self, form: Form) -> Sum:
        above, *below = form.arguments
        divisor = math.prod(self.known(part) for part in below) if len(below) > 1 else None
        if divisor is None:
            one, other = self.of(above), self.of(below[0])
            divisor = self.unknowns.value(other)
            if divisor is None:
                ratio = self.unknowns.ratio(one, other)
                if ratio is None:
                    raise NotYet(render_form(form))
                return number(ratio)
        if abs(divisor) < 1e-12:
            raise Unmeasured(f"{render_form(form)} divides by nothing")
        return self.of(above) * (1 / divisor)

    def _positive(self, form: Form | str) -> float:
        value = self.known(form)
        if value < 0:
            raise Unmeasured(f"{render_form(form)} is negative")
        return value

    def _named_angle(self, name: str) -> Sum:
        return self.unknowns.of(f"angle {name}", lower=0.0, upper=180.0)

    def _angle(self, form: Form) -> Sum:
        if points := letters(form, "Angle", 3):
            return self.measures.angle(*points)
        if vertex := letters(form, "Angle", 1):
            rays = self.figure.rays(vertex[0])
            if len(rays) == 2:
                return self.measures.angle(rays[0], vertex[0], rays[1])
        elif len(form.arguments) == 1 and isinstance(form.arguments[0], str) and form.arguments[0].isdigit():
            return self._named_angle(form.arguments[0])
        raise Unmeasured(f"{render_form(form)} could be several angles, or none")

    def circle(self, form: Form | str) -> Circle:
        """The circle that a form names. Raises Unmeasured if none or several could be meant."""
        name = circle_name(form)
        if name is None and isinstance(form, Form) and form.name == "Circle":
            found = list(self.figure.circles)
        else:
            found = [c for c in self.figure.circles if name and c.centre == name[0] and name[1] in ("", c.label)]
        if len(found) != 1:
            raise Unmeasured(f"{render_form(form)} names {len(found) or 'no'} circles")
        return found[0]

    def _arc(self, form: Form) -> tuple[Circle, tuple[str, ...]]:
        points = letters(form, "Arc", 2, 3)
        if points is None or len(set(points)) < len(points):
            raise Unmeasured(f"{render_form(form)} is no arc between points")
        if len(points) == 3 and any(points[1] == circle.centre for circle in self.figure.circles):
            points = points[::2]  # upstream names some arcs as their angle, by the centre in the middle
        found = [circle for circle in self.figure.circles if set(points) <= set(circle.points)]
        if len(found) != 1:
            raise Unmeasured(f"{len(found) or 'no'} circles have the points of {render_form(form)}")
        return found[0], points

    def _arc_length(self, form: Form) -> Sum:
        circle, points = self._arc(form)
        measure = self.measures.arc(circle, *points) * (math.pi / 180)
        return self.measures.times(measure, self.measures.radius(circle), render_form(form))

    def _area(self, form: Form | str) -> Sum:
        if isinstance(form, Form) and form.name == "Circle":
            radius = self.measures.radius(self.circle(form))
            return self.measures.times(radius, radius, f"square {render_form(form)}") * math.pi
        if isinstance(form, Form) and form.name == "Shaded" and len(form.arguments) == 1:
            if isinstance(form.arguments[0], Form) and form.arguments[0].name == "Sector":
                raise Unmeasured("which of the two sectors is shaded is not told")
            return self._area(form.arguments[0])
        if isinstance(form, Form) and form.name == "Sector":
            return self._sector(form)
        if isinstance(form, Form) and form.name in ("Add", "Sub"):
            parts = [self._area(part) for part in form.arguments]
            return total(parts) if form.name == "Add" else parts[0] - total(parts[1:])
        corners = polygon(form)
        if corners is None:
            raise Unmeasured(f"the area of {render_form(form)} is not told by its corners")
        return self.unknowns.of("area " + " ".join(corners), lower=0.0)

    def _sector(self, form: Form) -> Sum:
        """Part of a disc; upstream names the centre first, or between the ends."""
        points = letters(form, "Sector", 3) or ()
        found = [c for c in self.figure.circles if c.centre in points and len(set(points) & set(c.points)) == 2]
        if len(found) != 1:
            raise Unmeasured(f"{len(found) or 'no'} circles have the sector {render_form(form)}")
        circle = found[0]
        radius = self.measures.radius(circle)
        square = self.measures.times(radius, radius, f"square of radius {circle.centre} {circle.label}")
        arc = self.measures.arc(circle, *(point for point in points if point != circle.centre))
        return self.measures.times(square, arc * (math.pi / 360), render_form(form))

    def corners(self, form: Form | str) -> tuple[str, ...]:
        """The corners of a polygon. Raises Unmeasured."""
        found = polygon(form)
        if found is None:
            raise Unmeasured(f"{render_form(form)} has no corners with names")
        return found

    def _edges(self, form: Form | str) -> list[tuple[str, str]]:
        corners = self.corners(form)
        return list(zip(corners, (*corners[1:], corners[0])))

    def _part(self, name: str, form: Form | str) -> Sum:
        """The hypotenuse of a triangle whose right angle is known; its one drawn altitude, and the side under it."""
        corners = self.corners(form)
        altitudes = []
        for vertex in corners if len(corners) == 3 else ():
            a, b = (point for point in corners if point != vertex)
            right = self.unknowns.value(self.measures.angle(a, vertex, b))
            if name == "HypotenuseOf" and right is not None and abs(right - 90) < 1e-6:
                return self.measures.length(a, b)
            altitudes += [(vertex, foot, (a, b)) for foot in self._feet(vertex, a, b)]
        if name != "HypotenuseOf" and len(altitudes) == 1:
            vertex, foot, side = altitudes[0]
            return self.measures.length(*(side if name == "BaseOf" else (vertex, foot)))
        raise NotYet(f"{name} of {render_form(form)}")

    def _feet(self, vertex: str, a: str, b: str) -> list[str]:
        """Where altitudes that are drawn from a corner meet the side against it, between its ends."""
        base = self.figure.line_of(a, b)
        found = []
        for foot in self.figure.lines[base] if base is not None else ():
            if foot not in (a, b) and self.figure.line_of(vertex, foot) is not None:
                angle = self.unknowns.value(self.measures.angle(vertex, foot, a))
                found += [foot] * (angle is not None and abs(angle - 90) < 1e-6)
        return found

    def _scale_factor(self, form: Form) -> Sum:
        """How many times longer the sides of the first of two similar polygons are."""
        one, other = (self._edges(part) for part in form.arguments)
        for first, second in zip(one, other) if len(one) == len(other) else ():
            ratio = self.unknowns.ratio(self.measures.length(*first), self.measures.length(*second))
            if ratio is not None:
                return number(ratio)
        raise NotYet(render_form(form))
