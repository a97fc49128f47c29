"""Takes the exercises out of a notebook: each call of attempt(), and the statements that its answers need."""

import ast
import dis
from dataclasses import dataclass
from types import CodeType

import notebook_rules as rules


@dataclass
class Exercise:
    """One call `attempt(check, *answers)` and the notebook's statements before it."""

    check: ast.expr
    answers: list[ast.expr]
    before: list[ast.stmt]

    @property
    def name(self):
        return ast.unparse(self.check).split(".")[-1]

    def answer(self, typed=""):
        """The statements that make check and answers, no others; what a student typed takes the stub's place."""
        wanted = names(ast.Expr(ast.Tuple([self.check, *self.answers], ast.Load())))[0]
        return needed(wanted, self.before + ast.parse(typed).body)

    def answers_made(self, typed=""):
        """The values of the answers."""
        namespace = self._namespace(typed)
        return [_evaluate(answer, namespace) for answer in self.answers]

    def run(self, typed=""):
        """Run the check in its raising form."""
        namespace = self._namespace(typed)
        check, *answers = (_evaluate(each, namespace) for each in (self.check, *self.answers))
        check(*answers)

    def _namespace(self, typed):
        namespace = {}
        exec(_compile(self.answer(typed)), namespace)
        return namespace


def exercises(notebook):
    """The exercises of a notebook, or of its solutions, in order."""
    found, before = [], []
    for cell in rules.cells(notebook, "code"):
        for statement in ast.parse(rules.python(cell)).body:
            if isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("attempt("):
                check, *answers = statement.value.args
                found.append(Exercise(check, answers, list(before)))
            before.append(statement)
    return found


def needed(wanted, statements):
    """The last statement that binds each wanted name, and those that these need in turn."""
    wanted, kept = set(wanted), []
    for statement in reversed(statements):
        read, bound = names(statement)
        if bound & wanted:
            wanted = (wanted - bound) | read
            kept.insert(0, statement)
    return kept


def names(statement):
    """The global names that a statement reads, in its functions too, and those that it binds."""
    read, bound = set(), set()
    codes = [_compile([statement])]
    for code in codes:
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
                read.add(step.argval)
            elif step.opname == "STORE_NAME" and code is codes[0]:
                bound.add(step.argval)
    return read, bound


def _compile(statements):
    return compile(ast.fix_missing_locations(ast.Module(list(statements), [])), "a notebook's cells", "exec")


def _evaluate(expression, namespace):
    return eval(compile(ast.Expression(expression), "a notebook's cells", "eval"), namespace)
