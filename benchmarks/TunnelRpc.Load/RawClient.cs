using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace TunnelRpc.Load;

/// <summary>The limit's calling side: pooled slots, numbered by their place.</summary>
internal sealed class RawClient(Socket socket) : RawConnection(socket)
{
    private const int Slots = 4096;
    private readonly Slot[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new Slot())];
    private readonly ConcurrentQueue<int> _free = new(Enumerable.Range(0, Slots));
    private int _open;

    public ValueTask<Sample> EchoAsync(Sample sample)
    {
        if (!_free.TryDequeue(out int index))
        {
            throw new InvalidOperationException($"More than {Slots} calls at once.");
        }

        Slot slot = _slots[index];
        slot.Prepare(this, index);
        Send((uint)index, sample, RawCodec.Encode, Interlocked.Increment(ref _open) == 1);
        return new ValueTask<Sample>(slot, slot.Version);
    }

    protected override void OnFrame(uint id, ReadOnlySpan<byte> body) => _slots[id].Complete(RawCodec.Decode(body));

    private void Return(int index)
    {
        Interlocked.Decrement(ref _open);
        _free.Enqueue(index);
    }

    private sealed class Slot : IValueTaskSource<Sample>
    {
        private ManualResetValueTaskSourceCore<Sample> _source = new() { RunContinuationsAsynchronously = true };
        private RawClient _owner = null!;
        private int _index;

        public short Version => _source.Version;

        public void Prepare(RawClient owner, int index) => (_owner, _index) = (owner, index);

        public void Complete(Sample sample) => _source.SetResult(sample);

        public Sample GetResult(short token)
        {
            Sample result = _source.GetResult(token);
            _source.Reset();
            _owner.Return(_index);
            return result;
        }

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);
    }
}
