# the accelerator contract and more, on the KVM of a Debian host, each mode of its interrupt controllers
# lab: -k -d none -m 2048 -t 900
# needs: contracts

for class in KvmContractTest KvmIrqchipContractTest KvmSplitContractTest KvmProcessorTest; do
    java -Xmx700m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djna.nosys=true \
        -cp '/job/contracts/*' dev.veery.testbench.RunTests "$class" > /tmp/tests 2>&1 && status=0 || status=$?
    grep -e '^skipped ' -e '^FAILED ' /tmp/tests
    summary=$(grep "^class $class: " /tmp/tests)
    if [ "$status" = 0 ] && [ -n "$summary" ]; then
        ok "$class ($summary)"
    else
        bad "$class" "status $status"
        cat /tmp/tests
    fi
done
