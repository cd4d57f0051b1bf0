// Stands in for <gloo/common/error.h>, of which ProcessGroupGloo.hpp needs nothing. See README.md.
#pragma once
