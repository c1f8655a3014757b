using System.Runtime.CompilerServices;

namespace TunnelRpc.Serialization.Tests;

/// <summary>Four kilobytes in memory, one byte on the wire.</summary>
[InlineArray(1024)]
internal struct Large
{
    private int _first;
}
