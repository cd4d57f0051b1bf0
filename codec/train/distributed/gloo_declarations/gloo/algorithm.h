// Stands in for <gloo/algorithm.h>, of which ProcessGroupGloo.hpp needs nothing. See README.md.
#pragma once
