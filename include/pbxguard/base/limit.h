/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much is kept of what traffic can fill. What happens when it is full has to be seen in few packets: the
 * fuzz target that sends packets through everything is built with PBXGUARD_FEW (tests/fuzz/meson.build).
 */
#ifndef PBXGUARD_BASE_LIMIT_H
#define PBXGUARD_BASE_LIMIT_H

#ifdef PBXGUARD_FEW
#define USUAL_OR_FEW(usual, few) (few)
#else
#define USUAL_OR_FEW(usual, few) (usual)
#endif

#endif
