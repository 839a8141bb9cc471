/** Networks of a Linux host that Java cannot open: tap interfaces (Documentation/networking/tuntap). */
@org.jspecify.annotations.NullMarked
package dev.veery.linux.net;
