project = "alphacut in Sphinx"
html_theme = "alabaster"
html_js_files = [("https://alphacut.example/embed.js", {"type": "module"})]
