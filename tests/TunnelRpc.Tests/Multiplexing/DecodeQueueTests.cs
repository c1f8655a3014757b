using System.Collections.Concurrent;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class DecodeQueueTests
{
    private readonly ConcurrentQueue<int> _decoded = new();

    [Fact]
    public async Task Messages_are_decoded_one_at_a_time_in_order()
    {
        var queue = new DecodeQueue(1_000_000);
        Message[] messages = [.. Enumerable.Range(0, 100).Select(i => new Message(i, _decoded))];

        messages.ShouldAllBe(message => queue.TryEnqueue(message, 1000));
        await messages[^1].Done.Task.DefaultTimeout();

        _decoded.ShouldBe(Enumerable.Range(0, 100));
    }

    [Fact]
    public async Task Full_queue_refuses_a_message_until_one_is_decoded()
    {
        var queue = new DecodeQueue(1000);
        using var gate = new ManualResetEventSlim();
        var blocked = new Message(0, _decoded, gate);

        // The first message exceeds the limit alone.
        queue.TryEnqueue(blocked, 1001).ShouldBeTrue();
        queue.TryEnqueue(new Message(1, _decoded), 1).ShouldBeFalse();
        gate.Set();
        await blocked.Done.Task.DefaultTimeout();

        // The bytes are released after the message is decoded.
        SpinWait.SpinUntil(() => queue.TryEnqueue(new Message(2, _decoded), 1), TimeSpan.FromSeconds(60)).ShouldBeTrue();
    }

    private sealed class Message(int number, ConcurrentQueue<int> decoded, ManualResetEventSlim? gate = null) : ILargeMessage
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Decode()
        {
            gate?.Wait();
            decoded.Enqueue(number);
            Done.SetResult();
        }
    }
}
