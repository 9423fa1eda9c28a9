from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from launchready.derive.caching.fingerprint import is_fingerprinted


@pytest.mark.parametrize(
    "path",
    [
        "assets/index-BXk3d9fA.js",  # Vite
        "assets/index-DiwrgTda.css",
        "assets/index-C_2kG-4s.js",
        "assets/vendor.4a1b2c3d.js",
        "build/assets/app-4ed993c7.js",  # Laravel with Vite
        "js/app.js?id=2f1a9c3b5d7e8f60a1b2",  # Laravel Mix
        "static/js/main.4f2d1c3b.chunk.js",  # Create React App
        "static/js/787.28cb0dcd.chunk.js",
        "main.8e0d62a03f1b2c4d.js",  # Angular with webpack
        "main-5FJ3QXKD.js",  # Angular with esbuild
        "chunk-QV7XW2LM.js",
        "chunk-QVXWKLMN.js",
        "_next/static/chunks/main-app-0d1f2a3b4c5d6e7f.js",  # Next.js
        "_next/static/qVnXb3yT9k2LmP0sRw7Zd/_buildManifest.js",
        "_next/static/media/a34f9d1faa5f3315-s.p.woff2",
        "_app/immutable/entry/start.BxK29dfa.js",  # SvelteKit
        "_astro/index.Bx7kd9aQ.css",
        "_nuxt/entry.B3xk2a9d.js",
        "_nuxt/DzK3b2aF.js",
        "app-7c9e6d2f1a0b3c4d5e6f.js",  # Gatsby
        "assets/application-0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9.js",
        "assets/application-8b441ae0.css",  # Rails with Propshaft
        "static/css/base.27e20196a850.css",  # Django
        "css/style.min.5d41402abc4b2a76b9719d911017c592.css",  # Hugo
        "assets/app-9f86d081884c7d659a2feaa0c55ad015.js?vsn=d",  # Phoenix
        "index.4a5b6c7d.js",  # Parcel
        "assets/app.3f9c2d1a.js",
        "assets/stylesheets/main.0253249f.min.css",  # MkDocs Material
        "_static/theme.css?v=8a1b2c3d",  # Sphinx
    ],
)
def test_the_names_of_build_tools_are_recognised(path: str) -> None:
    assert is_fingerprinted(f"https://example.org/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "style.css",
        "wp-includes/js/jquery/jquery.min.js?ver=3.7.1",
        "wp-content/themes/astra/style.css?ver=20240115",
        "wp-content/plugins/woocommerce/assets/js/frontend/add-to-cart.min.js?ver=9.1.2",
        "jquery-3.7.1.min.js",
        "bootstrap5.bundle.min.js",
        "bootstrap.min.css?v=5",
        "js/vue-router.js",
        "js/datatables.js",
        "js/view-HomePage.js",
        "js/menu-grvplnks.js",
        "js/jquery-validate.js",
        "js/app-homepage.js",
        "js/mobile-navigate.js",
        "img/photo-20240101.jpg",
        "img/photo_1920x1080.jpg",
        "img/IMG_20231224.jpg",
        "img/1700000000.png",
        "img/facade.png",
        "img/feedface.png",
        "favicon-32x32.png",
        "apple-touch-icon.png",
        "polyfills-es2015.js",
        "material3.css",
        "js/service-worker.js",
        "img/hero-desktop.webp",
        "img/team-Elisabet.jpg",
        "css/main-styles.css",
        "fonts/Inter-SemiBold.woff2",
        "fonts/Roboto-Regular.woff2",
        "fonts/SourceSansPro-BoldItalic.woff2",
        "assets/app.js?id=7",
        "js/app-DataGrid.js",
        "js/page-MainMenu.js",
        "js/page-UserCard.js",
        "js/page-JSONView.js",
        "img/logo-DarkMode.svg",
        "img/Screenshot_1.png",
        "journal/first-evening",
        "",
    ],
)
def test_words_versions_and_dates_are_no_fingerprint(path: str) -> None:
    assert not is_fingerprinted(f"https://example.org/{path}")


@given(st.binary(min_size=1), st.sampled_from([8, 12, 16, 20, 32, 64]))
def test_every_hash_in_hex_is_recognised(content: bytes, length: int) -> None:
    digest = hashlib.sha256(content).hexdigest()[:length]
    assume(any(c.isdigit() for c in digest) and not digest.isdigit())
    assert is_fingerprinted(f"https://example.org/assets/app-{digest}.js")
    assert is_fingerprinted(f"https://example.org/assets/app.{digest}.chunk.css")


def test_more_than_nine_of_ten_hashes_in_base_64_are_recognised() -> None:
    digests = [
        base64.urlsafe_b64encode(hashlib.sha256(str(n).encode()).digest()).decode()[:8]
        for n in range(2000)
    ]
    seen = sum(is_fingerprinted(f"https://example.org/assets/index-{d}.js") for d in digests)
    assert seen > 1800


@given(st.text(max_size=120))
def test_no_url_makes_it_fail(url: str) -> None:
    assert is_fingerprinted(url) in {True, False}
