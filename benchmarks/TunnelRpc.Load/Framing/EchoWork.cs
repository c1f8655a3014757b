using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Framing;

/// <summary>A request on its way through the thread pool; used again afterwards.</summary>
internal sealed class EchoWork(FramePeer owner) : IThreadPoolWorkItem
{
    public uint Id { get; set; }

    public Sample Sample { get; set; } = null!;

    public void Execute() => owner.SendReply(this);
}
