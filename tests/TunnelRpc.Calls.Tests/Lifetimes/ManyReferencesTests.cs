using System.Diagnostics;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>
/// Thousands of calls on one session, each of which passes a reference: no shape of call and no use of it leaves a reference behind. With
/// TUNNELRPC_REFERENCES_LONG=1 and this class alone, a million for each shape and use, or as many as TUNNELRPC_REFERENCES_CALLS says; the
/// memory of the process and its handles do not grow then.
/// </summary>
public sealed class ManyReferencesTests(ITestOutputHelper output)
{
    [Theory, MemberData(nameof(Uses))]
    public Task Result_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.ApplyAsync(await stub.ResultAsync(3), use));

    [Theory, MemberData(nameof(Uses))]
    public Task Field_of_a_record_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.ApplyAsync((await stub.RecordAsync(3)).Numbers, use));

    [Theory, MemberData(nameof(Uses))]
    public Task Element_of_a_tuple_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.ApplyAsync((await stub.TupleAsync(3)).Numbers, use));

    [Theory, MemberData(nameof(Uses))]
    public Task Element_of_a_list_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.ApplyAsync((await stub.ListAsync(1, 3))[0], use));

    [Theory, MemberData(nameof(Uses))]
    public Task Field_of_an_argument_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await stub.ArgumentAsync(new NumberBatch(3, ReferenceShapes.Numbers(3)), use));

    [Theory, MemberData(nameof(Uses))]
    public Task One_way_argument_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await stub.TakeAsync(new NumberBatch(3, ReferenceShapes.Numbers(3)), use), isOneWay: true);

    [Theory, MemberData(nameof(Uses))]
    public Task Tuple_in_a_one_way_argument_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await stub.TakeTupleAsync((3, ReferenceShapes.Numbers(3)), use), isOneWay: true);

    [Theory, MemberData(nameof(Uses))]
    public Task Item_of_a_stream_leaves_no_reference(ReceiverUse use) => RunOnceAsync(async (stub, count) =>
    {
        await foreach (IAsyncEnumerable<int> numbers in stub.StreamsAsync(count, 3))
        {
            await ReferenceUse.ApplyAsync(numbers, use);
        }
    });

    [Theory, MemberData(nameof(Uses))]
    public Task Item_of_an_argument_stream_leaves_no_reference(ReceiverUse use) => RunOnceAsync(async (stub, count) =>
        await stub.SumAsync(ReferenceShapes.Streams(count, 3), use));

    [Theory, MemberData(nameof(Uses))]
    public Task Stream_result_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.ReadAsync(await stub.OpenAsync(100), use));

    [Theory, MemberData(nameof(Uses))]
    public Task Service_result_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.CallAsync(await stub.ListenerAsync("x"), use));

    [Theory, MemberData(nameof(Uses))]
    public Task Progress_result_leaves_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.ReportAsync(await stub.ProgressAsync(), use));

    [Theory, MemberData(nameof(Uses))]
    public Task All_kinds_in_a_one_way_argument_leave_no_reference(ReceiverUse use) => RunAsync(
        async stub => await stub.TakeBytesAsync(
            new ByteBatch(new MemoryStream(new byte[50], false), new WriteOnlyStream(), null, null, new Progress<int>(), new Listener("c")),
            use),
        isOneWay: true,
        divisor: 4);

    [Theory, MemberData(nameof(Uses))]
    public Task All_kinds_in_a_result_leave_no_reference(ReceiverUse use) =>
        RunAsync(async stub => await ReferenceUse.ApplyAsync(await stub.BytesAsync(100), use), divisor: 6);

    [Theory, MemberData(nameof(Uses))]
    public Task All_kinds_in_an_argument_leave_no_reference(ReceiverUse use) => RunAsync(
        async stub => await stub.UseBytesAsync(
            new ByteBatch(new MemoryStream(new byte[50], false), new WriteOnlyStream(), null, null, new Progress<int>(), new Listener("c")),
            use),
        divisor: 4);

    public static TheoryData<ReceiverUse> Uses() => [.. Enum.GetValues<ReceiverUse>()];

    /// <summary>Makes the calls from 8 loops, in both directions.</summary>
    private Task RunAsync(Func<IReferenceShapes, Task> call, bool isOneWay = false, int divisor = 1) =>
        RunOnceAsync(
            (stub, count) => Task.WhenAll(Enumerable.Range(0, 8).Select(loop => Task.Run(async () =>
            {
                for (int i = loop; i < count / divisor; i += 8)
                {
                    await call(stub);
                }
            }))),
            isOneWay ? divisor : 0);

    private async Task RunOnceAsync(Func<IReferenceShapes, int, Task> calls, int oneWayDivisor = 0)
    {
        foreach (bool serverCallsClient in new[] { false, true })
        {
            await using ShapesPair pair = await ShapesPair.StartAsync();
            IReferenceShapes stub = pair.Stub(serverCallsClient);
            int count = ReferenceRun.Calls;
            long start = Stopwatch.GetTimestamp();
            await calls(stub, count / 10).WaitAsync(ReferenceRun.HangTimeout);
            await WaitUntilTakenAsync(pair.Implementation(serverCallsClient), oneWayDivisor, count / 10);
            await pair.ShouldHaveNoReferencesAsync(hasOneWayCalls: oneWayDivisor > 0);
            (long memory, int handles) = Measure();
            int references = pair.ReferenceCount;
            await calls(stub, count).WaitAsync(ReferenceRun.HangTimeout);
            await WaitUntilTakenAsync(pair.Implementation(serverCallsClient), oneWayDivisor, count / 10, count);
            int held = pair.ReferenceCount;
            await pair.ShouldHaveNoReferencesAsync(hasOneWayCalls: oneWayDivisor > 0);
            (long memoryAfter, int handlesAfter) = Measure();
            output.WriteLine(
                $"{(serverCallsClient ? "client" : "server")}: {count} calls in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s; "
                + $"references {references} -> {held} -> {pair.ReferenceCount} (at the last call, and after a collection), "
                + $"heap {memory >> 10} -> {memoryAfter >> 10} KiB, handles {handles} -> {handlesAfter}");

            if (ReferenceRun.IsLong)
            {
                // A byte for each call would be a megabyte. Not in the short form, beside which other tests run in this process.
                (memoryAfter - memory).ShouldBeLessThan(8 << 20);
                (handlesAfter - handles).ShouldBeLessThan(64);
            }
        }
    }

    private static async Task WaitUntilTakenAsync(ReferenceShapes implementation, int divisor, params int[] counts)
    {
        long start = Stopwatch.GetTimestamp();
        while (divisor > 0 && implementation.TakenCount < counts.Sum(c => c / divisor))
        {
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(ReferenceRun.HangTimeout, "one-way calls have not run");
            await Task.Delay(5);
        }
    }

    private static (long Memory, int Handles) Measure()
    {
        using Process process = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), process.HandleCount);
    }
}
