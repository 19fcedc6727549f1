"""Trains the two small networks that find the joints of a hand or foot, on films rendered from formulas only.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu==2.21.0 opencv-python-headless==5.0.0.93 numpy==2.4.6
    cargo run -p howship-phantom --example teaching_films -- films 1 1600 480
    venv/bin/python train_joints.py films whole_hand --steps 5000
    venv/bin/python train_joints.py films one_joint --steps 3000
    venv/bin/python train_joints.py films export ../src/find/joints.weights

Feet start from the hand's networks, each layer's normalisation set so that the network is the same to begin with:

    cargo run -p howship-phantom --example teaching_films -- feet 1 900 480 1 foot
    venv/bin/python train_joints.py feet whole_hand --part foot --first ../src/find/joints.weights --steps 1500 --rate 1e-3
    venv/bin/python train_joints.py feet one_joint --part foot --first ../src/find/joints.weights --steps 800 --rate 1.5e-3
    venv/bin/python train_joints.py feet export ../src/find/feet.weights

Stage 1 (`whole_hand`): 144 x 144 pixels of a film in two channels to 24 heat maps of 72 x 72.
Stage 2 (`one_joint`): 48 x 48 pixels about a joint, finger upwards, to where its joint space's middle is.
Seeds are fixed; a run repeats to the rounding of the threads' sums. Every printed line is the training's log.
"""
import argparse
import hashlib
import os
import queue
import threading
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import cv2
import numpy as np
import tensorflow as tf

CROP, MAP, POINTS = 144, 72, 24  # pixels of a crop and of a heat map; landmarks
PATCH = 48  # pixels of a joint's patch
# Length from tip 3 to the bases at which patches are cut, and the share of a crop that it takes. A foot is shorter
# without its tarsus, and films show the tarsus: the first look at a whole film sees the foot small.
LENGTH_PX = {"hand": 320.0, "foot": 240.0}
SHARE = {"hand": (0.46, 0.68), "foot": (0.38, 0.64)}
SOURCE = 88  # pixels of the larger patch that augmentation cuts from
# Landmark, the one before it and the one after it on its finger, for every joint of a finger.
FINGERS = [[0, 5, 10, 19], [1, 6, 11, 15, 20], [2, 7, 12, 16, 21], [3, 8, 13, 17, 22], [4, 9, 14, 18, 23]]
JOINTS = [(f[i], f[i - 1], f[i + 1]) for f in FINGERS for i in range(1, len(f) - 1)]


def blur(x, sigma):
    return cv2.GaussianBlur(x, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def whole_hand_input(x):
    """Two channels: scaled by percentiles, and local contrast."""
    low, high = np.percentile(x, 2), np.percentile(x, 98)
    scaled = np.clip((x - low) / (high - low + 1e-6), -0.5, 1.5)
    mean = blur(x, CROP / 14.0)
    variance = blur((x - mean) ** 2, CROP / 14.0)
    local = (x - mean) / np.sqrt(variance + (0.01 * (high - low) + 1e-6) ** 2)
    return np.stack([scaled, np.clip(local, -3, 3)], -1)


def one_joint_input(x):
    x = x.astype(np.float32)
    detail = x - blur(x, 8)
    return np.stack([(x - x.mean()) / (x.std() + 1e-4), detail / (detail.std() + 1e-4)], -1)


def hand_length(points):
    return np.linalg.norm(points[21] - points[0:5].mean(0))


def draw_crop(film, points, rng, share):
    x = film.astype(np.float32) / 255
    length = hand_length(points)
    angle = np.deg2rad(rng.uniform(-25, 25))
    scale = rng.uniform(*share) * CROP / length
    centre = points.mean(0) + rng.normal(0, 0.05 * length, 2)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.array([CROP / 2, CROP / 2]) - turn @ centre
    if scale < 0.8:
        x = blur(x, 0.45 / scale)
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    y = cv2.warpAffine(x, np.c_[turn, shift].astype(np.float32), (CROP, CROP), flags=cv2.INTER_LINEAR,
                       borderMode=border, borderValue=float(np.percentile(x[::4, ::4], rng.choice([1, 50]))))
    if rng.random() < 0.5:
        y = np.sign(y) * np.abs(y) ** rng.uniform(0.6, 1.6)
    if rng.random() < 0.4:
        y = y + rng.normal(0, rng.uniform(0, 0.04), y.shape)
    if rng.random() < 0.2:
        y = blur(y.astype(np.float32), rng.uniform(0.4, 1.2))
    return whole_hand_input(y.astype(np.float32)), points @ turn.T + shift


def heat(points, sigma=1.6):
    grid = np.arange(MAP) + 0.5
    x = grid[None, :, None] - points[None, None, :, 0] * MAP / CROP
    y = grid[:, None, None] - points[None, None, :, 1] * MAP / CROP
    return np.exp(-(x**2 + y**2) / (2 * sigma * sigma)).astype(np.float32)


def patch(film, point, along, scale, size):
    """Patch with the finger's axis upwards; the map from film to patch."""
    turn = -np.pi / 2 - np.arctan2(along[1], along[0])
    a = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    m = np.c_[a, np.array([size / 2, size / 2]) - a @ point].astype(np.float32)
    return cv2.warpAffine(film, m, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def draw_patch(x, rng):
    x = x.astype(np.float32) / 255
    angle, scale = np.deg2rad(rng.normal(0, 7)), np.exp(rng.normal(0, 0.1))
    a = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    off = np.clip(rng.normal(0, [5, 9]), -17, 17)
    if rng.random() < 0.5:
        a = a @ np.array([[-1, 0], [0, 1]])
    middle = np.array([SOURCE / 2, SOURCE / 2])
    shift = np.array([PATCH / 2, PATCH / 2]) - a @ middle + off
    y = cv2.warpAffine(x, np.c_[a, shift].astype(np.float32), (PATCH, PATCH), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.6:
        y = blur(y, rng.uniform(0.3, 1.3))
    if rng.random() < 0.5:
        y = y + rng.uniform(0.1, 1.0) * (y - blur(y, rng.uniform(2, 6)))
    y = y + rng.normal(0, rng.uniform(0, 0.05), y.shape) + rng.normal(0, 0.003) * np.arange(PATCH)[None]
    return one_joint_input(y), a @ middle + shift


L = tf.keras.layers


def conv(x, n, size=3, stride=1):
    x = L.Conv2D(n, size, stride, padding="same", use_bias=False)(x)
    return L.ReLU()(L.BatchNormalization(momentum=0.9)(x))


def up(x):
    return L.UpSampling2D(interpolation="bilinear")(x)


def whole_hand_net(c=(12, 24, 40, 56)):
    i = tf.keras.Input((CROP, CROP, 2))
    x0 = conv(conv(i, c[0], 5, 2), c[0])
    x1 = conv(conv(L.MaxPool2D()(x0), c[1]), c[1])
    x2 = conv(conv(L.MaxPool2D()(x1), c[2]), c[2])
    x3 = conv(conv(conv(L.MaxPool2D()(x2), c[3]), c[3]), c[3])
    y = L.Concatenate()([up(x3), x2])
    y = conv(conv(y, c[2]), c[2])
    y = conv(conv(L.Concatenate()([up(y), x1]), c[1]), c[1])
    y = conv(L.Concatenate()([up(y), x0]), 32)
    return tf.keras.Model(i, L.Conv2D(POINTS, 1, bias_initializer=tf.keras.initializers.Constant(-4.0))(y))


def one_joint_net():
    i = tf.keras.Input((PATCH, PATCH, 2))
    a = conv(conv(i, 12), 12)
    b = conv(conv(L.MaxPool2D()(a), 20), 20)
    c = conv(conv(L.MaxPool2D()(b), 32), 32)
    d = conv(L.MaxPool2D()(c), 40)
    y = conv(L.Concatenate()([up(d), c]), 32)
    y = conv(L.Concatenate()([up(y), b]), 20)
    y = conv(L.Concatenate()([up(y), a]), 12)
    return tf.keras.Model(i, L.Conv2D(1, 1)(y))


def in_order(model, kind):
    return sorted((l for l in model.layers if isinstance(l, kind)), key=order)


def begin(model, first, name, batch):
    """Weights to go on from: a checkpoint of this script, or a committed file of both networks."""
    if not first:
        return
    if not first.endswith(".weights"):
        model.load_weights(first)
        return
    numbers, at = np.fromfile(first, "<f2"), 0
    if name == "one_joint":
        at = sum(int(np.prod(l.kernel.shape)) + l.filters for l in in_order(whole_hand_net(), L.Conv2D))
    rng = np.random.default_rng(1)
    seen = np.concatenate([batch(rng)[0] for _ in range(64 if name == "whole_hand" else 16)])
    norms = in_order(model, L.BatchNormalization)
    for k, layer in enumerate(in_order(model, L.Conv2D)):
        n = int(np.prod(layer.kernel.shape))
        kernel = numbers[at : at + n].astype(np.float32).reshape(layer.kernel.shape)
        bias = numbers[at + n : at + n + layer.filters].astype(np.float32)
        at += n + layer.filters
        if k == len(norms):
            layer.set_weights([kernel, bias])
            continue
        # The normalisation takes the mean and spread of what it sees away and gives both back, with the bias.
        layer.set_weights([kernel])
        out = tf.keras.Model(model.input, layer.output).predict(seen, batch_size=32, verbose=0)
        mean, variance = out.mean((0, 1, 2)), out.var((0, 1, 2))
        norms[k].set_weights([np.sqrt(variance + norms[k].epsilon), mean + bias, mean, variance])


def load(folder):
    points = np.fromfile(os.path.join(folder, "landmarks.f32"), "<f4").reshape(-1, POINTS, 2)
    raw = np.memmap(os.path.join(folder, "films.u8"), np.uint8, "r")
    side = int(round((len(raw) / len(points)) ** 0.5))
    return raw.reshape(-1, side, side), points


def train(model, batch, loss, steps, rate, name):
    optimiser = tf.keras.optimizers.Adam(rate)

    @tf.function
    def step(x, target):
        with tf.GradientTape() as tape:
            value = loss(model(x, training=True), target)
        gradient = tape.gradient(value, model.trainable_variables)
        optimiser.apply_gradients(zip(gradient, model.trainable_variables))
        return value

    ready = queue.Queue(16)

    def fill():
        rng = np.random.default_rng(2)
        for _ in range(steps):
            ready.put(batch(rng))

    threading.Thread(target=fill, daemon=True).start()
    start, recent = time.time(), []
    for i in range(steps):
        optimiser.learning_rate.assign(rate * min(1, i / 50 + 0.1) * (0.5 * (1 + np.cos(np.pi * i / steps)) + 0.01))
        recent.append(float(step(*ready.get())))
        if i % 250 == 249:
            print(f"{name} step {i + 1} of {steps}: loss {np.mean(recent[-250:]):.4f}, {time.time() - start:.0f} s", flush=True)
            model.save_weights(f"{name}.weights.h5")
    model.save_weights(f"{name}.weights.h5")


def train_whole_hand(films, points, args):
    # The crops need no more than about 240 pixels a side.
    shrink = max(1, round(films.shape[1] / 240))
    size = (films.shape[2] // shrink, films.shape[1] // shrink)
    half = np.array([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in films])
    places = (points + 0.5) / shrink - 0.5

    def batch(rng):
        drawn = [draw_crop(half[i], places[i], rng, SHARE[args.part]) for i in rng.integers(0, len(half), 8)]
        return np.array([d[0] for d in drawn], np.float32), np.array([heat(d[1]) for d in drawn])

    def loss(z, target):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, z)) * 100

    model = whole_hand_net()
    print("whole_hand parameters", model.count_params(), "films", len(half), flush=True)
    begin(model, args.first, "whole_hand", batch)
    train(model, batch, loss, args.steps, args.rate or 2e-3, "whole_hand")


def train_one_joint(films, points, args):
    patches = []
    for film, p in zip(films, points):
        film, scale = np.asarray(film), LENGTH_PX[args.part] / hand_length(p)
        for joint, before, after in JOINTS:
            patches.append(patch(film, p[joint].astype(float), p[after] - p[before], scale, SOURCE))
    patches, grid = np.array(patches), np.arange(PATCH)

    def batch(rng):
        inputs, targets = [], []
        for i in rng.integers(0, len(patches), 32):
            x, p = draw_patch(patches[i], rng)
            h = np.exp(-((grid[None] - p[0]) ** 2 + (grid[:, None] - p[1]) ** 2) / (2 * 1.5**2))
            inputs.append(x)
            targets.append((h / (h.sum() + 1e-9)).ravel())
        return np.array(inputs, np.float32), np.array(targets, np.float32)

    def loss(z, target):
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, tf.reshape(z, (-1, PATCH * PATCH))))

    model = one_joint_net()
    print("one_joint parameters", model.count_params(), "patches", len(patches), flush=True)
    begin(model, args.first, "one_joint", batch)
    train(model, batch, loss, args.steps, args.rate or 3e-3, "one_joint")


def shape_model(points, modes=14):
    """Mean, modes and their standard deviations of the landmarks, freed of place, turn and size."""
    hands = points[..., 0] + 1j * points[..., 1].astype(np.complex128)
    mean = hands[0] - hands[0].mean()
    for _ in range(3):
        mean = mean / np.sqrt((np.abs(mean) ** 2).sum())
        centred = hands - hands.mean(1, keepdims=True)
        z = (np.conj(centred) * mean).sum(1) / (np.abs(centred) ** 2).sum(1)
        aligned = centred * z[:, None]
        mean = aligned.mean(0)
    mean = mean / np.sqrt((np.abs(mean) ** 2).sum())
    flat = lambda c: np.stack([c.real, c.imag], -1).reshape(*c.shape[:-1], -1)
    _, values, vectors = np.linalg.svd(flat(aligned) - flat(mean), full_matrices=False)
    return np.concatenate([flat(mean), vectors[:modes].ravel(), values[:modes] / np.sqrt(len(points))])


def export(points, path):
    """Kernels (height, width, in, out) with the normalisation folded in, and biases, as little-endian f16."""
    data = b""
    shape = shape_model(points)
    for build, name in ((whole_hand_net, "whole_hand"), (one_joint_net, "one_joint")):
        model = build()
        model.load_weights(f"{name}.weights.h5")
        # The file's order is the order in which the layers are called.
        layers = [l for l in model.layers if isinstance(l, (L.Conv2D, L.BatchNormalization))]
        convolutions = sorted((l for l in layers if isinstance(l, L.Conv2D)), key=order)
        norms = sorted((l for l in layers if isinstance(l, L.BatchNormalization)), key=order)
        for k, layer in enumerate(convolutions):
            kernel = layer.get_weights()[0]
            if k < len(norms):
                gamma, beta, mean, variance = norms[k].get_weights()
                factor = gamma / np.sqrt(variance + norms[k].epsilon)
                kernel, bias = kernel * factor, beta - mean * factor
            else:
                bias = layer.get_weights()[1]
            data += kernel.astype("<f2").tobytes() + bias.astype("<f2").tobytes()
            print(name, layer.name, kernel.shape, float(np.abs(kernel).max()))
    data += shape.astype("<f4").tobytes()
    with open(path, "wb") as file:
        file.write(data)
    print("bytes", len(data), "sha256", hashlib.sha256(data).hexdigest())


def order(layer):
    tail = layer.name.rsplit("_", 1)[-1]
    return int(tail) if tail.isdigit() else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("films")
    parser.add_argument("what", choices=["whole_hand", "one_joint", "export"])
    parser.add_argument("out", nargs="?")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--part", choices=["hand", "foot"], default="hand")
    parser.add_argument("--rate", type=float, help="highest step size of Adam")
    parser.add_argument("--first", help="weights to go on from: a checkpoint, or a committed .weights file")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.keras.utils.set_random_seed(1)
    films, points = load(args.films)
    if args.what == "export":
        export(points, args.out)
    else:
        {"whole_hand": train_whole_hand, "one_joint": train_one_joint}[args.what](films, points, args)
