/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command line of viommu-top.
 */
#ifndef TOP_OPTS_H
#define TOP_OPTS_H

#include "sample/options.h"

/**
 * opts_parse() - Read the command line; exits on --help and wrong usage
 * @opts: result
 * @argc: of main()
 * @argv: of main()
 */
void opts_parse(struct options *opts, int argc, char **argv);

#endif /* TOP_OPTS_H */
