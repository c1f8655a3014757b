using System.Buffers;
using System.Buffers.Binary;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>The writer of a session that is not started: the test owns the pump, and calls the writer as a path does.</summary>
public sealed class SessionWriterTests : IAsyncLifetime
{
    private readonly TunnelServerOptions _options = new() { TimeProvider = new FakeTimeProvider() };
    private ITransportConnection _near = null!;
    private ITransportConnection _far = null!;
    private TunnelSession _session = null!;
    private SessionWriter _writer = null!;

    public async Task InitializeAsync()
    {
        (_near, _far) = await InMemoryLink.OpenAsync();
        _session = SessionFactory.Create(isClient: true, _near, _options);
        _writer = _session.Writer;
    }

    public async Task DisposeAsync()
    {
        if (!_session.IsStarted)
        {
            _session.ReleaseUnstarted();
        }

        await _near.DisposeAsync();
        await _far.DisposeAsync();
        await _session.Completion.DefaultTimeout();
    }

    [Fact]
    public void Append_after_the_end_is_refused()
    {
        _writer.End(out long sentOffset);
        var appender = new CountingAppender([1, 2]);

        _writer.TryAppend([1], [2], out bool mustFlush).ShouldBeFalse();
        _writer.Append(ref appender).ShouldBeFalse();

        (sentOffset, mustFlush, appender.EndOffset, appender.IsAppended).ShouldBe((0, false, 0, false));
    }

    [Fact]
    public void Unacknowledged_small_messages_leave_capacity_for_bulk()
    {
        for (int i = 0; i < 20; i++)
        {
            _writer.TryAppend(new byte[10_000], default, out _, FrameTraffic.Small).ShouldBeTrue();
            TakeWrite();
            _writer.OnWriteCompleted();
        }

        _writer.HasCapacity(0).ShouldBeTrue();
        for (int i = 0; i < 20 && _writer.HasCapacity(0); i++)
        {
            _writer.TryAppend(new byte[20_000], default, out _, FrameTraffic.Bulk).ShouldBeTrue();
            TakeWrite();
            _writer.OnWriteCompleted();
        }

        _writer.UnacknowledgedBytes.ShouldBe(200_000 + 280_000);
        _writer.HasUnacknowledgedCapacity.ShouldBeTrue();
    }

    [Fact]
    public void Append_before_the_start_waits_for_the_pump_of_the_session()
    {
        _writer.TryAppend([1], [2, 3], out bool mustFlush).ShouldBeTrue();

        mustFlush.ShouldBeFalse();
        TakeWrite().ShouldBe("Data 010203");
    }

    [Fact]
    public void Pump_is_acquired_by_one_caller_until_nothing_is_left_to_send()
    {
        TakeWrite().ShouldBe("");

        _writer.TryAppend([1], default, out bool first).ShouldBeTrue();
        _writer.TryAppend([2], default, out bool second).ShouldBeTrue();
        string write = TakeWrite();
        _writer.OnWriteCompleted();
        _writer.TryAppend([3], default, out bool third).ShouldBeTrue();

        (first, second, third).ShouldBe((true, false, false));
        write.ShouldBe("Data 0102");
        TakeWrite().ShouldBe("Data 03");
        _writer.OnWriteCompleted();
        TakeWrite().ShouldBe("");
        _writer.TryAppend([4], default, out bool fourth).ShouldBeTrue();
        fourth.ShouldBeTrue();
    }

    [Fact]
    public void Appender_gets_the_end_offset_and_the_caller_the_pump()
    {
        TakeWrite().ShouldBe("");
        var first = new CountingAppender([1, 2, 3]);
        var second = new CountingAppender([4]);
        var none = new CountingAppender([]);

        (_writer.Append(ref none), _writer.Append(ref first), _writer.Append(ref second)).ShouldBe((false, true, false));

        (first.EndOffset, second.EndOffset).ShouldBe((3, 4));
    }

    [Fact]
    public void Appender_that_throws_leaves_the_pump_free()
    {
        TakeWrite().ShouldBe("");
        var appender = default(ThrowingAppender);

        Should.Throw<InvalidOperationException>(() => _writer.Append(ref appender));

        _writer.TryAppend([1], default, out bool mustFlush).ShouldBeTrue();
        mustFlush.ShouldBeTrue();
    }

    [Fact]
    public void Close_is_sent_after_everything_else()
    {
        _writer.TryAppend([1], default, out _).ShouldBeTrue();
        _writer.SendClose(new CloseMessage(TunnelStatus.Ok, 0, ""));
        _writer.SendPong(5);

        _writer.TryAppend([2], default, out _).ShouldBeFalse();

        TakeWrite().ShouldBe("Pong 0000000000000005, Data 01");
        _writer.OnWriteCompleted().ShouldBeFalse();
        TakeWrite().ShouldStartWith("Close ");
        _writer.OnWriteCompleted().ShouldBeTrue();
        TakeWrite().ShouldBe("");
    }

    [Fact]
    public void Abort_with_a_free_pump_sends_close()
    {
        TakeWrite().ShouldBe("");

        _writer.TryAbort(new CloseMessage(TunnelStatus.ResourceExhausted, 0, ""), out bool mustFlush).ShouldBeTrue();

        mustFlush.ShouldBeTrue();
        _writer.IsEnding.ShouldBeTrue();
        TakeWrite().ShouldStartWith("Close ");
        _writer.TryAbort(new CloseMessage(TunnelStatus.ResourceExhausted, 0, ""), out _).ShouldBeFalse();
    }

    [Fact]
    public void Abort_during_a_write_sends_no_close()
    {
        _writer.TryAppend([1], default, out _).ShouldBeTrue();
        TakeWrite().ShouldBe("Data 01");

        _writer.TryAbort(new CloseMessage(TunnelStatus.ResourceExhausted, 0, ""), out bool mustFlush).ShouldBeTrue();

        mustFlush.ShouldBeFalse();
        TakeWrite().ShouldBe("");
    }

    [Fact]
    public void Detached_path_gets_no_write_and_its_pump_is_not_released()
    {
        _writer.TryAppend([1], default, out _).ShouldBeTrue();
        SessionPath first = _writer.CurrentPath;

        _writer.IsDetached(first).ShouldBeFalse();
        (_writer.TryDetachPath(first), _writer.TryDetachPath(first)).ShouldBe((true, false));

        _writer.IsDetached(first).ShouldBeTrue();
        TakeWrite().ShouldBe("");
        _writer.TryAppend([2], default, out bool mustFlush).ShouldBeTrue();
        mustFlush.ShouldBeFalse();
    }

    [Fact]
    public async Task Migration_retransmits_from_the_acknowledged_offset()
    {
        _writer.TryAppend([1, 2, 3, 4], default, out _).ShouldBeTrue();
        TakeWrite().ShouldBe("Data 01020304");
        SessionPath first = _writer.CurrentPath;
        SessionPath second = CreatePath(2);
        _writer.TryDetachPath(first);
        _writer.TryAppend([5], default, out _).ShouldBeTrue();

        _writer.TryMigrate(first, second, 3).ShouldBeTrue();

        (_writer.CurrentPath, _writer.IsDetached(first), _writer.IsDetached(second)).ShouldBe((second, true, false));
        TakeWrite().ShouldBe("Start 0000000000000003, Ack 0000000000000000, Data 0405");
        _writer.OnWriteCompleted();
        TakeWrite().ShouldBe("");
        _writer.TryMigrate(first, CreatePath(3), 3).ShouldBeFalse();
        await second.DiscardAsync();
    }

    [Fact]
    public async Task Migration_with_an_offset_beyond_the_sent_offset_changes_nothing()
    {
        _writer.TryAppend([1], default, out _).ShouldBeTrue();
        SessionPath first = _writer.CurrentPath;
        SessionPath second = CreatePath(2);
        _writer.TryDetachPath(first);

        Should.Throw<TunnelProtocolException>(() => _writer.TryMigrate(first, second, 1));

        (_writer.CurrentPath, _writer.IsDetached(first)).ShouldBe((first, true));
        await second.DiscardAsync();
    }

    [Fact]
    public async Task Migration_of_an_ended_session_is_refused()
    {
        SessionPath first = _writer.CurrentPath;
        SessionPath second = CreatePath(2);
        _writer.TryDetachPath(first);
        _writer.End(out _).ShouldBe(first);

        _writer.TryMigrate(first, second, 0).ShouldBeFalse();

        _writer.CurrentPath.ShouldBe(first);
        await second.DiscardAsync();
    }

    [Fact]
    public async Task Migration_waits_until_the_write_in_flight_has_ended()
    {
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        var stubborn = new StubbornConnection(near);
        TunnelSession session = SessionFactory.Create(isClient: true, stubborn, _options);
        session.Start(new RecordingSink());
        SessionWriting.Write(session, [1, 2, 3]);
        await stubborn.WriteStarted.DefaultTimeout();
        (ITransportConnection next, ITransportConnection nextFar) = await InMemoryLink.OpenAsync();

        Task<SessionPath?> attaching = session.Paths.AttachAsync(next, new ReceiveBuffer(next), 2, 1);
        await stubborn.Disposed.DefaultTimeout();
        await ThreadPoolWork.RunQueuedAsync(rounds: 3);
        attaching.IsCompleted.ShouldBeFalse();
        stubborn.EndWrite();

        (await attaching.DefaultTimeout()).ShouldNotBeNull();
        var peer = new RawPeer(nextFar);
        BinaryPrimitives.ReadUInt64BigEndian(await peer.ReadRecordAsync(RecordType.Start)).ShouldBe(1ul);
        (await peer.ReadRecordAsync(RecordType.Data)).ShouldBe([2, 3]);
        session.End(new TunnelException(TunnelStatus.Unavailable, "The test is over."));
        await session.Completion.DefaultTimeout();
        await far.DisposeAsync();
    }

    private SessionPath CreatePath(uint epoch) => new(_session, _far, new ReceiveBuffer(_far), epoch, _options);

    /// <summary>The records of the next write as text; empty if there is none.</summary>
    private string TakeWrite()
    {
        if (!_writer.TryTakeWrite(out ReadOnlySequence<byte> batch))
        {
            return "";
        }

        ReadOnlySpan<byte> bytes = batch.ToArray();
        var records = new List<string>();
        while (!bytes.IsEmpty)
        {
            (RecordType type, int length) = RecordHeader.Read(bytes);
            records.Add($"{type} {Convert.ToHexString(bytes.Slice(RecordHeader.Size, length))}");
            bytes = bytes[(RecordHeader.Size + length)..];
        }

        return string.Join(", ", records);
    }

    private struct CountingAppender(byte[] bytes) : IFrameAppender
    {
        public bool IsAppended { get; private set; }

        public long EndOffset { get; private set; }

        public void Append(SessionWriter.AppendScope scope)
        {
            IsAppended = scope.TryAppend(bytes, default, out long endOffset);
            EndOffset = endOffset;
        }
    }

    private struct ThrowingAppender : IFrameAppender
    {
        public readonly void Append(SessionWriter.AppendScope scope) => throw new InvalidOperationException("The appender fails.");
    }

    /// <summary>A connection with a write that ends only when the test ends it, whatever happens to its token and connection.</summary>
    private sealed class StubbornConnection(ITransportConnection inner) : ITransportConnection
    {
        private readonly TaskCompletionSource _writeStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _writeEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task WriteStarted => _writeStarted.Task;

        public Task Disposed => _disposed.Task;

        public TransportConnectionInfo Info => inner.Info;

        public void EndWrite() => _writeEnded.SetResult();

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
            inner.ReadAsync(buffer, cancellationToken);

        public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        {
            _writeStarted.TrySetResult();
            await _writeEnded.Task;
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            _disposed.TrySetResult();
        }
    }
}
