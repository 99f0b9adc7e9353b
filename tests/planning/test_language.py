"""Texts in another language than they declare."""

from __future__ import annotations

import pytest

from narrate.planning.language import _identified
from support.project import Narrate, lines

ENGLISH = [
    "The matrix A takes each vector x to A x, and det(A) is the area of the image of the square.",
    "Run pip install numpy, then import numpy as np; np.linalg.solve(A, b) returns x.",
    "OAuth 2.0 tokens, JWT claims and the PKCE flow: client_id, redirect_uri, state, nonce.",
    "sin(x) + cos(x), tan x = sin x / cos x; sum over i of a_i b_i equals the dot product.",
    "kubectl apply -f deployment.yaml; docker compose up -d; git rebase -i HEAD~3.",
    "Gauss, Fourier, Laplace and L'Hôpital all appear in this chapter on analysis.",
    "Alpha, beta, gamma, delta, epsilon, zeta, eta, theta, iota, kappa, lambda, mu, nu, xi.",
    "E. coli, S. aureus, Homo sapiens, Drosophila melanogaster, Arabidopsis thaliana.",
    "In C++, std::vector<int> v(10); auto it = v.begin(); and *it = 5; sets the first element.",
    "Café, résumé, naïve, façade, déjà vu: English has borrowed all of these words from French.",
    "Chopin, Nocturne in E flat major; andante, rubato, pianissimo, dolce, morendo.",
    "Press Ctrl+C, Alt+Tab, Cmd+Option+Esc, then choose File, Export, PNG, 300 dpi.",
]
OTHERS = {
    "es": "Hoy vamos a hablar de las matrices y de cómo transforman los vectores del plano.",
    "de": "Heute sprechen wir über Matrizen und darüber, wie sie Vektoren der Ebene abbilden.",
    "fr": "Aujourd'hui, nous parlons des matrices et de la façon dont elles transforment l'espace.",
    "it": "Oggi parliamo delle matrici e di come trasformano i vettori del piano in altri vettori.",
    "pt": "Hoje vamos falar das matrizes e de como elas transformam os vetores do plano em outros.",
    "ru": "Сегодня мы поговорим о матрицах и о том, как они преобразуют векторы плоскости.",
}


def test_technical_english_gives_no_alarm() -> None:
    assert {*_identified(ENGLISH)} <= {"en", ""}


def test_plain_prose_is_recognized() -> None:
    assert _identified([*OTHERS.values()]) == [*OTHERS]


@pytest.mark.parametrize(
    "texts",
    [
        (OTHERS["es"],),
        (
            "La suma de dos vectores.",
            "Es otro vector.",
            "Hoy vamos a ver otro ejemplo más de la suma.",
        ),
    ],
)
def test_a_lesson_in_another_language_is_a_warning(
    narrate: Narrate, texts: tuple[str, ...]
) -> None:
    narrate.write("script.json", lines(*texts))
    ran = narrate("run", "script.json")
    assert ran.code == 0
    assert "segment 's1' seems to be Spanish, but it is spoken as English" in ran.err
    assert "Spanish" not in narrate("run", "script.json", "--force-output").err


def test_english_gives_no_warning(narrate: Narrate) -> None:
    narrate.write("script.json", lines(*ENGLISH[:2]))
    assert "seems to be" not in narrate("run", "script.json").err
