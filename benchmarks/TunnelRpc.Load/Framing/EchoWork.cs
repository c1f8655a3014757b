using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Framing;

/// <summary>A request as a work item of the thread pool. It is reused after its reply was sent.</summary>
internal sealed class EchoWork(FramePeer owner) : IThreadPoolWorkItem
{
    public uint Id { get; set; }

    public Sample Sample { get; set; } = null!;

    public void Execute() => owner.SendReply(this);
}
