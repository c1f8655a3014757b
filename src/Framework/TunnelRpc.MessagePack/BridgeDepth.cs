namespace TunnelRpc.MessagePack;

/// <summary>
/// The nesting depth of the value that a formatter of the package writes on this thread. The writer of the package does not carry one, so
/// a value that contains itself through formatters of both sides would otherwise nest without end.
/// </summary>
internal static class BridgeDepth
{
    [ThreadStatic]
    private static int t_writing;

    public static int Writing
    {
        get => t_writing;
        set => t_writing = value;
    }
}
