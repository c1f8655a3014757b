using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Sessions;

public sealed class SendBufferTests
{
    private static readonly byte[] Prefix = [0xAA, 0xBB];

    private readonly SendBuffer _buffer = new(new MemoryAccount());

    [Fact]
    public void TakeUnsent_returns_the_prefix_and_the_written_bytes()
    {
        _buffer.Write([1, 2, 3, 4]);

        byte[] first = _buffer.TakeUnsent(Prefix, 3).ToArray();
        _buffer.OnWriteCompleted();
        byte[] second = _buffer.TakeUnsent(default, 1).ToArray();

        first.ShouldBe([0xAA, 0xBB, 1, 2, 3]);
        second.ShouldBe([4]);
        _buffer.UnsentBytes.ShouldBe(0);
        _buffer.UnacknowledgedBytes.ShouldBe(4);
    }

    [Fact]
    public void Completed_write_keeps_no_segment_alive()
    {
        _buffer.Write(new byte[40_000]);
        ReadOnlySequence<byte> taken = _buffer.TakeUnsent(Prefix, 40_000);
        var links = new List<ReadOnlySequenceSegment<byte>>();
        for (var link = (ReadOnlySequenceSegment<byte>?)taken.Start.GetObject(); link is not null; link = link.Next)
        {
            links.Add(link);
        }

        links.Count.ShouldBe(3);
        links.ShouldAllBe(link => !link.Memory.IsEmpty);
        _buffer.OnWriteCompleted();

        links.ShouldAllBe(link => link.Memory.IsEmpty && link.Next == null);
        _buffer.UnacknowledgedBytes.ShouldBe(40_000);
    }

    [Fact]
    public void Acknowledge_beyond_the_sent_offset_throws()
    {
        _buffer.Write([1, 2, 3]);
        _buffer.TakeUnsent(default, 2);

        _buffer.Acknowledge(2);
        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => _buffer.Acknowledge(3));
        TunnelProtocolException overflow = Should.Throw<TunnelProtocolException>(() => _buffer.Acknowledge(ulong.MaxValue));

        error.Message.ShouldBe("Expected an ACK of at most 2, which is what was sent, got 3.");
        overflow.Message.ShouldContain("at most 2");
    }

    [Fact]
    public void Acknowledge_with_an_older_offset_has_no_effect()
    {
        _buffer.Write([1, 2, 3]);
        _buffer.TakeUnsent(default, 3);
        _buffer.OnWriteCompleted();

        _buffer.Acknowledge(3);
        _buffer.Acknowledge(1);

        _buffer.AcknowledgedOffset.ShouldBe(3);
    }

    [Fact]
    public void Segment_acknowledged_during_a_write_stays_allocated_until_the_write_completes()
    {
        byte[] written = [.. Enumerable.Range(0, 40_000).Select(i => (byte)i)];
        _buffer.Write(written);
        ReadOnlySequence<byte> taken = _buffer.TakeUnsent(default, written.Length);

        // The peer acknowledges bytes of a write in flight, while other code uses arrays of the pool.
        _buffer.Acknowledge((ulong)written.Length);
        _buffer.Write(new byte[100_000]);
        byte[] rented = ArrayPool<byte>.Shared.Rent(32 << 10);
        rented.AsSpan().Fill(0xEE);
        ArrayPool<byte>.Shared.Return(rented);

        taken.ToArray().ShouldBe(written);
    }

    [Fact]
    public void SendBuffer_keeps_the_bytes_for_any_order_of_operations()
    {
        Gen<(int Kind, int Size)> step =
            from kind in Gen.Choose(0, 3)
            from size in Gen.Frequency((6, Gen.Choose(0, 100)), (3, Gen.Choose(0, 70_000)))
            select (kind, size);

        Prop.ForAll(step.ListOf().ToArbitrary(), steps => FollowsModel([.. steps]))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(80));
    }

    private static void FollowsModel((int Kind, int Size)[] steps)
    {
        var memory = new MemoryAccount();
        var buffer = new SendBuffer(memory);
        var model = new List<byte>();
        var sent = new List<byte>();
        ReadOnlySequence<byte>? inFlight = null;
        byte next = 0;
        foreach ((int kind, int size) in steps)
        {
            switch (kind)
            {
                case 0:
                    byte[] bytes = new byte[size];
                    for (int i = 0; i < size; i++)
                    {
                        bytes[i] = next++;
                    }

                    next += 7;
                    model.AddRange(bytes);
                    buffer.Write(bytes);
                    break;
                case 1 when inFlight is null && buffer.UnsentBytes > 0:
                    inFlight = buffer.TakeUnsent(Prefix, (int)Math.Clamp(size, 1, buffer.UnsentBytes));
                    break;
                case 2 when inFlight is { } batch:
                    byte[] written = batch.ToArray();
                    written.AsSpan(0, 2).ToArray().ShouldBe(Prefix);
                    sent.AddRange(written[2..]);
                    buffer.OnWriteCompleted();
                    inFlight = null;
                    break;
                case 3:
                    buffer.Acknowledge((ulong)Math.Min(size * 3L, buffer.NextSendOffset));
                    break;
                default:
                    break;
            }

            buffer.WrittenOffset.ShouldBe(model.Count);
            buffer.AcknowledgedOffset.ShouldBeLessThanOrEqualTo(buffer.NextSendOffset);
            buffer.NextSendOffset.ShouldBeLessThanOrEqualTo(buffer.WrittenOffset);
        }

        sent.ShouldBe(model.Take(sent.Count));
        memory.AccountedBytes.ShouldBeGreaterThanOrEqualTo(buffer.UnacknowledgedBytes);
        buffer.Release();
        memory.AccountedBytes.ShouldBe(0);
    }
}
