using Xunit;

namespace TunnelRpc.Lab;

/// <summary>A theory that takes minutes. It runs only when the environment variable TUNNELRPC_LAB_LONG is 1, as in .ci/run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongTheoryAttribute : TheoryAttribute
{
    public LongTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("TUNNELRPC_LAB_LONG") != "1")
        {
            Skip = "The test takes minutes: set TUNNELRPC_LAB_LONG=1 to run it.";
        }
    }
}
