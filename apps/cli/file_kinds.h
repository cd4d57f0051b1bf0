// What a file seems to be: for the search of folders, and for the names of outputs.
#ifndef QUAVER_APPS_CLI_FILE_KINDS_H_
#define QUAVER_APPS_CLI_FILE_KINDS_H_

#include <string>

namespace quaver {

enum class FileKind { kOther, kSound, kRawSound, kTokens };

// By the extension; by the first bytes where that says nothing ("2024.05.01"). Tokens are .qvr, .npy and
// .npz, and .safetensors that hold one array of integers (others are weights); sound without a header is .raw
// and .pcm.
FileKind KindOfFile(const std::string& path);

// "sound", "tokens", ...: files of what?
const char* NameOf(FileKind kind);

// `name` with `extension` (".qvr") in place of its own, if that is one of sound, video or token files, else
// behind it: "talk.wav" gives "talk.qvr", "2024.05.01" gives "2024.05.01.qvr".
std::string WithExtension(const std::string& name, const std::string& extension);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_FILE_KINDS_H_
