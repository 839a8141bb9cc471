/** Tests that run in {@code vfio-native/lab}: Linux's own VFIO, on an emulated PC with an IOMMU. */
@NullMarked
package dev.veery.lab;

import org.jspecify.annotations.NullMarked;
