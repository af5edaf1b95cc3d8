"""Other notations for the symbols of a language, told by the prompt and taken back from the prompt alone.

```
terms.py       a symbol as terms, whatever its language
arguments.py   relate(right,scene()) written relate(scene(),right)
syntax.py      relate(right,scene()) written [right | relate | [scene]]
macros.py      unique(filter_size(small,scene())) written kab(small,scene())
block.py       what the prompt says about it, and back
```
"""
