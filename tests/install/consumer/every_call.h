/* A check of the programs that make every public call once: says which line failed and ends the program. */
#ifndef QUAVER_TESTS_INSTALL_CONSUMER_EVERY_CALL_H_
#define QUAVER_TESTS_INSTALL_CONSUMER_EVERY_CALL_H_

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                      \
    }                                                                               \
  } while (0)

#endif /* QUAVER_TESTS_INSTALL_CONSUMER_EVERY_CALL_H_ */
