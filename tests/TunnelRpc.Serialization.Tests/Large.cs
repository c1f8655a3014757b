using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization.Tests;

/// <summary>A struct of 4 KiB in memory that needs one byte on the wire.</summary>
[InlineArray(1024)]
internal struct Large
{
    private int _first;
}
