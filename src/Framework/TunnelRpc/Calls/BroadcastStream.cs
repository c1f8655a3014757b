using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>
/// The stream of one-way calls that are sent in one frame without a wait. It is in no stream table, so one object serves the calls of a
/// broadcast one after the other.
/// </summary>
internal sealed class BroadcastStream : TunnelStream
{
    public override void OnCancel(TunnelStatus status)
    {
    }

    public override void OnFailed(TunnelException error)
    {
    }
}
