using System.Threading.Tasks.Sources;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Framing;

/// <summary>A call that waits for its reply. The slot is reused after the reply was consumed.</summary>
internal sealed class EchoSlot(FramePeer owner, int index) : IValueTaskSource<Sample>
{
    private ManualResetValueTaskSourceCore<Sample> _source = new() { RunContinuationsAsynchronously = true };

    public short Version => _source.Version;

    public void Complete(Sample sample) => _source.SetResult(sample);

    /// <summary>Fails the pending call, or the next one if none is pending. Does nothing if the reply has already arrived.</summary>
    public void TryFail(Exception error)
    {
        try
        {
            _source.SetException(error);
        }
        catch (InvalidOperationException)
        {
            // The reply has already arrived. A check beforehand would cost time in every call.
        }
    }

    public Sample GetResult(short token)
    {
        Sample result = _source.GetResult(token);
        _source.Reset();
        owner.Return(index);
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
