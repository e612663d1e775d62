/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live screen of a session.
 */
#ifndef TOP_SCREEN_SCREEN_H
#define TOP_SCREEN_SCREEN_H

#include "view/session.h"

/**
 * screen_run() - Show a session until the user leaves
 * @s: as started
 *
 * Return: how to exit.
 */
enum exit_code screen_run(struct session *s);

#endif /* TOP_SCREEN_SCREEN_H */
