"""Small networks, each with something that generated code must get right."""

CHAINS = """
default conv 3x3 same, relu

network chains {
    input image: 32x32x3
    conv[1]: conv 8 * 2
    pool[1]: maxpool 2x2/2
    conv[2]: conv 16 * 2
    pool[2]: maxpool 2x2/2
    { conv 8 linear nobias, bn, relu } * 3
    fc6: fc 20, relu, dropout 0.5
    fc7: fc 10, softmax
}
"""

INCEPTION = """
default conv same, relu

block inception(n1, r3, n3, proj) {
    concat {
        conv 1x1 n1
        conv 1x1 r3, conv 3x3 n3
        maxpool 3x3/1 same, conv 1x1 proj
    }
}

block auxiliary(classes) {
    avgpool 5x5/3, conv 1x1 6
    fc 12, relu, dropout 0.7
    fc classes, softmax
}

network inception_net(classes = 10) {
    input image: 32x32x3
    stem: conv 7x7/2 8
    a: inception 4 3 6 2
    output aux: auxiliary classes
    b: inception 5 4 8 3
    avgpool global, dropout 0.4, fc classes, softmax
}
"""

RESIDUAL = """
default conv same nobias, bn, relu

block shortcut(width, stride) {
    if it.channels == width and stride == 1 { identity }
    else { conv 1x1/stride width linear, bn }
}

block bottleneck(width, stride = 1) {
    add {
        conv 1x1/stride width, conv 3x3 width, conv 1x1 (4 * width) linear, bn
        shortcut (4 * width) stride
    }
    relu
}

network residual(depths = [2, 3]) {
    input image: 33x33x3
    stem: conv 7x7/2 8 pad=3
    for i, depth in depths {
        let width = 4 * 2^i
        stage[i]: bottleneck width stride=(i + 1), bottleneck width * (depth - 1)
    }
    avgpool global, fc 10, softmax
}
"""

PYRAMID = """
network pyramid {
    input image: HxWx3 where H % 4 == 0 and W % 4 == 0

    a: conv 3x3 8 same, relu
    b: conv 3x3/2 8 same, relu
    c: conv 3x3/2 16 same, bn, relu
    up: add {
        upsample 2, conv 1x1 8
        from b, conv 1x1 8
    }
    top: concat {
        upsample 2
        from a
    }
    output heat: conv 1x1 2, softmax
    output edge: from top, conv 1x1 1, sigmoid
}
"""

SHARED = """
block head(n) {
    hidden: conv 3x3 8 same, relu
    scores: conv 1x1 n
    deltas: from hidden, conv 1x1 (4 * n)
}

network shared {
    input left: 16x16x3
    input right: 16x16x3
    share trunk = { conv 3x3 8 same, relu }
    share both = head 3
    l: from left, trunk
    r: from right, trunk
    first: from l, both
    output scores[1]: from first.scores
    output deltas[1]: from first.deltas
    second: from r, both
    output scores[2]: from second.scores
    output deltas[2]: from second.deltas
}
"""

GATES = """
block unit(width) {
    short: conv 1x1 width
    add {
        conv 3x3 width same, relu, conv 3x3 width same
        from short
    }
    relu
}

network gates {
    input 32x32x3
    unit 8 * 2
    unit 16
    gate: mul { identity; avgpool global, fc 4, relu, fc 16, sigmoid }
    mul { q: conv 1x1 4; k: conv 1x1 4, sigmoid }
    conv 3x3 16 same * 7
    avgpool global
    flatten
    fc 10, logsoftmax
}
"""

CUT = """
network body {
    input image: 32x32x3
    conv[1]: conv 3x3 8 same, relu
    conv[2]: conv 3x3/2 8 same, relu
    conv[3]: conv 3x3/2 8 same, relu
    fc 10, softmax
}

network cut {
    input photo: HxWx3 where H % 4 == 0 and W % 4 == 0
    trunk: body
    output shallow: from trunk.conv[2], conv 1x1 2
    deep: from trunk.conv[3], conv 1x1 2
}
"""

SEQUENCE = """
network sequence {
    input words: Tx6
    fc 8, relu, ln
    add { identity; fc 8, bn, tanh }
    fc 5, softmax
}
"""

DETECTOR = """
network detector(K = 3) {
    input image: 32x32x3
    stage: conv 3x3/2 8 same, leaky 0.1
    output large: conv 3x3/2 (K + 5) same
    conv 1x1/2 8, upsample 2, concat { identity; from stage }
    output small: conv 1x1 (K + 5)
}
"""

LOOPS = """
default conv 3x3 same, relu

network loops {
    input image: 16x16x8
    start: conv 8
    conv 8 * 4
    joined: concat { identity; from start }
    for i in range(4) {
        down[i]: conv 8 linear, bn
        up[i]: tanh
    }
    squeeze: { fc 12, relu } * 2
    fc 3, softmax
}
"""

PASSED = """
block narrow(width) {
    conv 3x3 width same
    if width > 4 { tanh, conv 1x1 width }
}

block wide(width) { conv 3x3 width same; tanh; conv 3x3 (2 * width) same }

block plain(body, width) { body width; relu }

network passed {
    input image: 12x12x3
    plain narrow 4
    plain narrow 5
    plain wide 4
    plain wide 6
    { plain narrow 8, plain wide 8 } * 2
    avgpool global, fc 3, softmax
}
"""

NETWORKS = {
    "passed": PASSED,
    "loops": LOOPS,
    "chains": CHAINS,
    "inception_net": INCEPTION,
    "residual": RESIDUAL,
    "pyramid": PYRAMID,
    "shared": SHARED,
    "gates": GATES,
    "cut": CUT,
    "sequence": SEQUENCE,
    "detector": DETECTOR,
}
