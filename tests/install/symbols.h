// What a shared library exports, and what the headers say that it does.
#ifndef QUAVER_TESTS_INSTALL_SYMBOLS_H_
#define QUAVER_TESTS_INSTALL_SYMBOLS_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "tests/install/shell.h"

namespace quaver {

// The first group of every match, with `prefix` before it.
inline std::set<std::string> AllMatches(const std::string& text, const std::regex& pattern,
                                        const std::string& prefix) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.insert(prefix + (*match)[1].str());
  return found;
}

// Names that a header marks with QUAVER_API, those of a class as CLASS::NAME.
inline std::set<std::string> Declared(const std::string& header, const std::string& scope) {
  const std::string text = std::regex_replace(FileText(header), std::regex("//[^\n]*|/\\*[^]*?\\*/"), "");
  const std::regex declaration("QUAVER_API[^;]*?(operator=|~?\\w+)\\("),
      klass("\nclass (\\w+) \\{([^]*?)\n\\};");
  std::set<std::string> names = AllMatches(std::regex_replace(text, klass, ""), declaration, scope);
  for (std::sregex_iterator match(text.begin(), text.end(), klass), end; match != end; ++match)
    names.merge(AllMatches((*match)[2].str(), declaration, scope + (*match)[1].str() + "::"));
  return names;
}

// The same of all headers in a folder: quaver*.h and rtp.h are C, the others C++.
inline std::set<std::string> AllDeclared(const std::string& folder) {
  std::set<std::string> declared;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() || name == "export.h") continue;
    const bool in_c = name.starts_with("quaver") || name == "rtp.h";
    declared.merge(Declared(entry.path(), in_c ? "" : "quaver::"));
  }
  return declared;
}

inline std::set<std::string> Exported(const std::string& library) {
  const auto symbols = Shell("nm -DC --defined-only '" + library + "'");
  EXPECT_EQ(symbols.code, 0) << symbols.out;
  return AllMatches(symbols.out, std::regex("[0-9a-f]+ \\w ([~\\w:]+=?)[^\n]*"), "");
}

// The shared libraries that it needs, by the first word of their names, and its own name in full.
struct Dynamic {
  std::set<std::string> needed;
  std::string soname;
};
inline Dynamic DynamicOf(const std::string& library) {
  const auto run = Shell("readelf -dW '" + library + "'");
  EXPECT_EQ(run.code, 0) << run.out;
  const auto sonames = AllMatches(run.out, std::regex("SONAME[^[]*\\[([^\\]]+)\\][^\n]*"), "");
  return {AllMatches(run.out, std::regex("NEEDED[^[]*\\[(\\w+)[^\n]*"), ""),
          sonames.empty() ? "" : *sonames.begin()};
}

}  // namespace quaver

#endif  // QUAVER_TESTS_INSTALL_SYMBOLS_H_
