using TunnelRpc.Gateway.Client.HttpSocks;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>The buffer of one direction, without a network.</summary>
public sealed class OffsetBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_writes_copies_and_releases_agree_with_an_array(int seed)
    {
        const int Capacity = 10_000;
        var random = new Random(seed);
        byte[] all = new byte[200_000];
        random.NextBytes(all);
        var buffer = new OffsetBuffer(Capacity);
        byte[] copy = new byte[3_000];
        int written = 0;
        int released = 0;

        while (released < all.Length)
        {
            int count = Math.Min(random.Next(4_000), Math.Min(buffer.FreeCapacity, all.Length - written));
            await buffer.WriteAsync(all.AsMemory(written, count), CancellationToken.None);
            written += count;
            (buffer.Start, buffer.End).ShouldBe((released, written));
            int from = released + random.Next(written - released + 1);
            int copied = buffer.CopyTo(from, copy.AsSpan(0, random.Next(copy.Length)));
            copy.AsSpan(0, copied).SequenceEqual(all.AsSpan(from, copied)).ShouldBeTrue();
            int release = released + random.Next(written - released + 1);
            buffer.TryRelease(release).ShouldBeTrue();
            released = release;
            buffer.TryRelease(released - 1).ShouldBeFalse();
            buffer.TryRelease(written + 1).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Write_above_the_capacity_waits_for_a_release()
    {
        var buffer = new OffsetBuffer(4);

        Task writing = buffer.WriteAsync("abcdef"u8.ToArray(), CancellationToken.None).AsTask();
        writing.IsCompleted.ShouldBeFalse();
        buffer.FreeCapacity.ShouldBe(0);
        buffer.TryRelease(2).ShouldBeTrue();
        await writing.DefaultTimeout();

        byte[] rest = new byte[10];
        buffer.CopyTo(2, rest).ShouldBe(4);
        rest[..4].ShouldBe("cdef"u8.ToArray());
    }

    [Fact]
    public async Task Reader_gets_what_was_written_before_a_failure_and_then_the_failure()
    {
        var buffer = new OffsetBuffer(10);
        byte[] some = new byte[3];
        await buffer.WriteAsync("abc"u8.ToArray(), CancellationToken.None);

        buffer.Fail(new IOException("cut"));

        (await buffer.ReadAsync(some, CancellationToken.None).DefaultTimeout()).ShouldBe(3);
        (await Should.ThrowAsync<IOException>(() => buffer.ReadAsync(some, CancellationToken.None).DefaultTimeout()))
            .Message.ShouldBe("cut");
        await Should.ThrowAsync<IOException>(() => buffer.WriteAsync(some, CancellationToken.None).DefaultTimeout());
    }

    [Fact]
    public async Task Waiters_end_when_the_stream_is_completed_or_failed()
    {
        var completed = new OffsetBuffer(1);
        Task<int> read = completed.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        completed.Complete();
        (await read.DefaultTimeout()).ShouldBe(0);

        var failed = new OffsetBuffer(1);
        Task write = failed.WriteAsync(new byte[2], CancellationToken.None).AsTask();
        failed.Fail(new IOException("cut"));
        await Should.ThrowAsync<IOException>(() => write.DefaultTimeout());
    }
}
