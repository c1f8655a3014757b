using System.Collections.Concurrent;
using System.IO.Pipelines;
using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests;

/// <summary>Streams, pipes, progress and services by reference, over every transport and in both directions.</summary>
public abstract class ReferenceConformance : IAsyncLifetime
{
    private const long Large = 3_000_001;

    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private TunnelPair _pair = null!;

    public async Task InitializeAsync() => _pair = await StartAsync();

    public async Task DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    private protected abstract Task<TunnelPair> StartAsync();

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_argument_is_read_by_the_callee(bool serverCallsClient)
    {
        IReferenceService stub = _pair.ReferenceStub(serverCallsClient);

        (await stub.HashAsync(new PatternStream(Large)).WaitAsync(HangTimeout)).ShouldBe(await PatternStream.HashAsync(Large));
        (await stub.HashAsync(new PatternStream(0)).WaitAsync(HangTimeout)).ShouldBe(await PatternStream.HashAsync(0));
        (await stub.HashAsync(new PatternStream(1)).WaitAsync(HangTimeout)).ShouldBe(await PatternStream.HashAsync(1));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_argument_is_not_read_beyond_the_window_and_not_disposed(bool serverCallsClient)
    {
        var stream = new PatternStream(1L << 40);

        (await _pair.ReferenceStub(serverCallsClient).ReadSomeAsync(stream, 100).WaitAsync(HangTimeout)).ShouldBe(100);

        stream.BytesRead.ShouldBeLessThan(2 << 20);
        stream.Disposed.IsCompleted.ShouldBeFalse();

        // After the call the stream belongs to the caller again: the framework reads no more of it.
        long read = stream.BytesRead;
        await _pair.ReferenceStub(serverCallsClient).CountAsync(1, null).WaitAsync(HangTimeout);
        stream.BytesRead.ShouldBe(read);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_result_is_read_by_the_caller_and_disposed_by_the_callee(bool serverCallsClient)
    {
        IReferenceService stub = _pair.ReferenceStub(serverCallsClient);

        Stream content = await stub.OpenAsync(Large, "whole").WaitAsync(HangTimeout);
        var copy = new WriteOnlyStream();
        await content.CopyToAsync(copy).WaitAsync(HangTimeout);
        await content.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        copy.Hash.ShouldBe(await PatternStream.HashAsync(Large));
        await _pair.References.Opened["whole"].Disposed.WaitAsync(HangTimeout);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_result_that_is_disposed_early_is_disposed_by_the_callee(bool serverCallsClient)
    {
        IReferenceService stub = _pair.ReferenceStub(serverCallsClient);

        Stream content = await stub.OpenAsync(1L << 40, "disposed early").WaitAsync(HangTimeout);
        await content.ReadExactlyAsync(new byte[10]).AsTask().WaitAsync(HangTimeout);
        await content.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        await _pair.References.Opened["disposed early"].Disposed.WaitAsync(HangTimeout);
        await Should.ThrowAsync<ObjectDisposedException>(() => content.ReadExactlyAsync(new byte[10]).AsTask().WaitAsync(HangTimeout));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_can_be_returned_in_a_tuple(bool serverCallsClient)
    {
        (long length, Stream content) = await _pair.ReferenceStub(serverCallsClient).OpenWithLengthAsync(Large).WaitAsync(HangTimeout);
        await using (content)
        {
            var copy = new WriteOnlyStream();
            await content.CopyToAsync(copy).WaitAsync(HangTimeout);

            length.ShouldBe(Large);
            copy.Hash.ShouldBe(await PatternStream.HashAsync(Large));
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Write_only_stream_argument_is_written_before_the_call_completes(bool serverCallsClient)
    {
        var target = new WriteOnlyStream();

        await _pair.ReferenceStub(serverCallsClient).WriteAsync(Large, target).WaitAsync(HangTimeout);

        target.Hash.ShouldBe(await PatternStream.HashAsync(Large));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Pipe_arguments_are_read_and_written_by_the_callee(bool serverCallsClient)
    {
        IReferenceService stub = _pair.ReferenceStub(serverCallsClient);
        var target = new WriteOnlyStream();

        (await stub.HashPipeAsync(PipeReader.Create(new PatternStream(Large)))
            .WaitAsync(HangTimeout)).ShouldBe(await PatternStream.HashAsync(Large));
        await stub.WritePipeAsync(Large, PipeWriter.Create(target)).WaitAsync(HangTimeout);

        target.Hash.ShouldBe(await PatternStream.HashAsync(Large));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_argument_that_throws_fails_its_reader(bool serverCallsClient)
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() =>
            _pair.ReferenceStub(serverCallsClient).HashAsync(new FailingStream()).WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.Internal);
        (await _pair.ReferenceStub(serverCallsClient).HashAsync(new PatternStream(1)).WaitAsync(HangTimeout)).Length
            .ShouldBe(64, "the session must still work");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Progress_reports_arrive_in_order_before_the_result(bool serverCallsClient)
    {
        var seen = new ConcurrentQueue<int>();

        var progress = new SynchronousProgress<int>(seen.Enqueue);
        (await _pair.ReferenceStub(serverCallsClient).CountAsync(200, progress).WaitAsync(HangTimeout)).ShouldBe(200);

        seen.ShouldBe(Enumerable.Range(1, 200));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Fast_progress_reports_arrive_in_order_and_include_the_last(bool serverCallsClient)
    {
        var seen = new ConcurrentQueue<int>();

        await _pair.ReferenceStub(serverCallsClient).CountAsync(50_000, new SynchronousProgress<int>(seen.Enqueue)).WaitAsync(HangTimeout);

        seen.Last().ShouldBe(50_000);
        seen.ShouldBe(seen.Order());
        (await _pair.ReferenceStub(serverCallsClient).CountAsync(3, null).WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Two_streams_of_one_call_are_read_concurrently(bool serverCallsClient)
    {
        List<int> sums = await _pair.ReferenceStub(serverCallsClient)
            .ZipAsync(ReferenceService.Numbers(20_000), ReferenceService.Numbers(20_000)).WaitAsync(HangTimeout);

        sums.ShouldBe(Enumerable.Range(0, 20_000).Select(i => 2 * i));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Stream_of_streams_is_read_item_by_item(bool serverCallsClient)
    {
        List<string> hashes = [];

        await foreach (string hash in _pair.ReferenceStub(serverCallsClient).HashAllAsync(Streams()))
        {
            hashes.Add(hash);
        }

        hashes.ShouldBe([await PatternStream.HashAsync(10), await PatternStream.HashAsync(100_000), await PatternStream.HashAsync(0)]);

        static async IAsyncEnumerable<Stream> Streams()
        {
            yield return new PatternStream(10);
            await Task.Yield();
            yield return new PatternStream(100_000);
            yield return new PatternStream(0);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Enumerable_result_is_released_at_its_end(bool serverCallsClient)
    {
        IAsyncEnumerable<int> numbers = await _pair.ReferenceStub(serverCallsClient).NumbersAsync(1000).WaitAsync(HangTimeout);

        (await numbers.ToListAsync().AsTask().WaitAsync(HangTimeout)).ShouldBe(Enumerable.Range(0, 1000));
        Should.Throw<InvalidOperationException>(() => numbers.GetAsyncEnumerator()).Message
            .ShouldContain("released when its enumeration ends");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Service_argument_can_be_called_only_while_its_call_runs(bool serverCallsClient)
    {
        IReferenceService stub = _pair.ReferenceStub(serverCallsClient);

        (await stub.CallListenerAsync(new Listener("mine"), "hello").WaitAsync(HangTimeout)).ShouldBe("mine: hello");
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => stub.CallLastListenerAsync("again").WaitAsync(HangTimeout));

        error.Status.ShouldBe(TunnelStatus.NotFound);
        error.Message.ShouldContain("Retain()");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Returned_service_lives_until_it_is_released(bool serverCallsClient)
    {
        IReferenceService stub = _pair.ReferenceStub(serverCallsClient);
        var listener = new Listener("subscriber");

        ISubscription subscription = await stub.SubscribeAsync(listener, "s").WaitAsync(HangTimeout);
        (await subscription.PublishAsync(3).WaitAsync(HangTimeout)).ShouldBe(3);
        (await subscription.With(timeout: TimeSpan.FromSeconds(20)).PublishAsync(1).WaitAsync(HangTimeout)).ShouldBe(1);

        // One-way calls may run in any order.
        List<int> values = [];
        for (int i = 0; i < 4; i++)
        {
            values.Add(await listener.Values.Reader.ReadAsync().AsTask().WaitAsync(HangTimeout));
        }

        values.Order().ShouldBe([0, 0, 1, 2]);
        (await stub.IsMineAsync(subscription).WaitAsync(HangTimeout))
            .ShouldBeTrue("a reference that returns to its owner must become the original object");
        subscription.Release();
        await _pair.References.Subscriptions["s"].Disposed.WaitAsync(HangTimeout);
        (await Should.ThrowAsync<TunnelException>(() => subscription.PublishAsync(1).WaitAsync(HangTimeout))).Status.ShouldBe(
            TunnelStatus.NotFound);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Services_can_be_passed_inside_other_values(bool serverCallsClient)
    {
        var listeners = new Listeners("hi", [new Listener("a"), new Listener("b"), new Listener("c")]);

        (await _pair.ReferenceStub(serverCallsClient).CallListenersAsync(listeners).WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Exported_objects_are_disposed_when_the_session_ends(bool serverCallsClient)
    {
        IReferenceService stub = _pair.ReferenceStub(serverCallsClient);
        await stub.OpenAsync(10, "abandoned").WaitAsync(HangTimeout);
        await stub.SubscribeAsync(new Listener("x"), "abandoned").WaitAsync(HangTimeout);

        await _pair.Client.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        await _pair.References.Opened["abandoned"].Disposed.WaitAsync(HangTimeout);
        await _pair.References.Subscriptions["abandoned"].Disposed.WaitAsync(HangTimeout);
    }

    [Fact]
    public void Release_and_Retain_refuse_objects_that_are_no_references()
    {
        Should.Throw<InvalidOperationException>(() => _pair.Client.Get<IReferenceService>()
            .Release()).Message.ShouldContain("Only received references can be retained or released");
        Should.Throw<ArgumentException>(() => ((IListener)new Listener("own")).Retain());
    }

    private sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new FormatException("The disk failed.");
    }
}
