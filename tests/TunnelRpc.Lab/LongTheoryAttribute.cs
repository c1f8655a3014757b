using Xunit;

namespace TunnelRpc.Lab;

/// <summary>A theory that takes minutes: runs when the environment variable TUNNELRPC_LAB_LONG is 1, as in .ci/run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongTheoryAttribute : TheoryAttribute
{
    public LongTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("TUNNELRPC_LAB_LONG") != "1")
        {
            Skip = "It takes minutes: set TUNNELRPC_LAB_LONG=1.";
        }
    }
}
