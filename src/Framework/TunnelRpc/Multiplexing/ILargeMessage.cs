namespace TunnelRpc.Multiplexing;

/// <summary>A large message that has arrived and is not decoded yet; its owner decodes it when <see cref="DecodeQueue"/> says so.</summary>
internal interface ILargeMessage
{
    /// <summary>
    /// Decodes the message, releases its memory, and queues the work that waits for it. Called once, on the thread pool. Throws nothing.
    /// </summary>
    void Decode();
}
