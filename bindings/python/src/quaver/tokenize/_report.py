def write(path, out, manifest, parts, statistics, samples):
    open(path, "w").close()
