     22 typed
     23  25 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     24  26 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     25  27 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     26  28 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     27  29 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     28  30 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     29  31 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     30  32 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     31  33 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     32  34 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     33  35 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     34  36 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     35  37 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     36  38 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     37  39 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     38  40 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     39  41 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     40  42 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     41  43 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     42  44 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     43  45 The quick brown fox jumps over the lazy dog. Größe 漢字かな.
     44  46 The quick brown fox jumps over the lazy dog. Größe 漢字かな.

