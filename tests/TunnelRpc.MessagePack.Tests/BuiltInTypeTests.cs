using System.Collections.Frozen;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MessagePack;
using Shouldly;
using TunnelRpc.Serialization;
using Xunit;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>
/// Compares this framework with MessagePack-CSharp: every type of docs/messagepack.md is encoded as the same bytes, and each side reads
/// those of the other.
/// </summary>
public sealed partial class BuiltInTypeTests
{
    /// <summary>Types that are documented and not compared: those that are passed by reference.</summary>
    private static readonly string[] ByReference = ["Stream", "PipeReader", "PipeWriter", "IProgress<T>", "IAsyncEnumerable<T>"];

    /// <summary>The types of the table that the package does not support.</summary>
    private static readonly HashSet<Type> NotInPackage =
    [
        typeof(nint), typeof(nuint), typeof(Index), typeof(Range), typeof(Plane), typeof(IPAddress), typeof(IPEndPoint),
        typeof(CultureInfo), typeof(TimeZoneInfo), typeof(JsonElement), typeof(JsonDocument), typeof(JsonNode), typeof(JsonObject),
        typeof(JsonArray), typeof(Unit),
    ];

    /// <summary>The types that the package supports from version 3.</summary>
    private static readonly HashSet<Type> NotInVersion2 =
    [
        typeof(Int128), typeof(UInt128), typeof(Rune), typeof(Vector2), typeof(Vector3), typeof(Vector4), typeof(Quaternion),
        typeof(Matrix3x2), typeof(Matrix4x4), typeof(FrozenSet<int>), typeof(FrozenDictionary<int, string>), typeof(ReadOnlySet<int>),
        typeof(PriorityQueue<string, int>),
    ];

    public static TheoryData<int> Indexes => new(Enumerable.Range(0, BuiltInTypeCases.All.Count));

    [Theory, MemberData(nameof(Indexes))]
    public void Bytes_are_those_of_the_package(int index)
    {
        DifferentialCase type = BuiltInTypeCases.All[index];

        // A project may use a newer version of the package than the one that these tests restore.
        bool isVersion2 = typeof(MessagePackSerializer).Assembly.GetName().Version!.Major < 3;
        bool isInPackage = !NotInPackage.Contains(type.Type) && !(isVersion2 && NotInVersion2.Contains(type.Type));
        type.IsInPackage.ShouldBe(isInPackage, type.Type.ToString());
        type.Check(100);
    }

    [Fact]
    public void Every_documented_type_is_compared()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "messagepack.md"));
        string table = page[page.IndexOf("## Types", StringComparison.Ordinal)..page.IndexOf("### JSON values", StringComparison.Ordinal)];
        string[] documented =
        [
            .. table.Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Split('|')[1])
                .SelectMany(types => Name().Matches(types).Select(match => match.Groups[1].Value)),
        ];

        documented.ShouldNotBeEmpty();
        documented.Except(BuiltInTypeCases.All.Select(type => type.Documented)).Except(ByReference).ShouldBeEmpty();
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
