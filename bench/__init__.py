"""Programs that measure alphacut and print what they find; the README's tables come from them."""
