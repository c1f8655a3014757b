namespace TunnelRpc.Multiplexing;

/// <summary>Sends credit for a stream to the peer.</summary>
/// <param name="bytes">The credit.</param>
/// <param name="enlargesWindow">Whether the window is larger by it; otherwise it is for items that were consumed.</param>
internal delegate void CreditSender(long bytes, bool enlargesWindow = false);
