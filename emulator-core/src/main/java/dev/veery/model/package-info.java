/**
 * The life of a device, from the words that ask for it to its removal:
 *
 * <pre>construct -> pre_plug -> realize -> plug -> commit -> reset -> ... -> unplug</pre>
 *
 * <p>Devices are made strictly in the order in which they are asked for. The machine's
 * {@link dev.veery.model.HotplugHandler} vets each one before it is realized and finds it a place afterwards. Commit comes once for all,
 * when the plan is complete, and is the first moment at which a device may rely on what others have set up; reset
 * follows. A device that is added later goes through the same steps at once.
 *
 * <p>Names, property syntax, help and error texts follow QEMU's, which users know. Types are registered explicitly by the
 * board; nothing is discovered.
 *
 * <p>Everything here is called while the machine is built or with the machine lock held.
 */
@NullMarked
package dev.veery.model;

import org.jspecify.annotations.NullMarked;
