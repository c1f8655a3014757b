using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests that the generated code of unusual contracts compiles without warnings under the strictest settings.</summary>
public sealed class CompiledContracts
{
    public static TheoryData<string, string> Sources => new()
    {
        {
            "parameters named like identifiers of the generated code",
            """
            [TunnelService] public partial interface IA
            {
                Task AAsync(int invoker, int writer, int reader, int value, int service, int arguments, int count, int i, int key, CancellationToken cancellationToken);
                IAsyncEnumerable<int> BAsync(IAsyncEnumerable<int> items, int invoker, int item, int cancellationToken, CancellationToken token = default);
                Task<int> CAsync(IAsyncEnumerable<int> invoker, CancellationToken items = default);
                Task DAsync(int p0, int p1, int @this, int @class, int @default, int record, int var, int async);
            }
            """
        },
        {
            "methods named like members of the generated code",
            """
            [TunnelService] public partial interface IA
            {
                Task Definition(); Task Stub(); Task Formatter(); Task Arguments(); Task<int> GetHashCode(int a); Task @event(); Task Instance();
            }
            """
        },
        {
            "members named like identifiers of the generated code",
            """
            public sealed record R(int writer, int reader, int value, int count, int i, int key, int m0, int has0, int result, int Instance, int @class);
            public sealed class C { public int writer { get; set; } public int result { get; set; } public int m1; public int has1; public int @event { get; init; } }
            [TunnelService] public partial interface IA { Task<R> AAsync(C c); }
            """
        },
        {
            "every default value",
            """
            public enum E : byte { None, Some = 200 }
            [TunnelService] public partial interface IA
            {
                Task AAsync(string a = "q\"\n", char b = '\'', bool c = true, float d = float.NaN, double e = -1.5, decimal f = 1.5m, long g = long.MinValue, ulong h = ulong.MaxValue);
                Task BAsync(int? a = null, int? b = 3, E c = E.Some, E? d = null, string? e = null, Guid f = default, (int, int) g = default, sbyte h = -1, double i = double.NegativeInfinity, E? j = E.Some);
                Task CAsync(int a = int.MinValue, short b = short.MinValue, float c = 1e30f, uint d = uint.MaxValue, char e = '\u2603', CancellationToken t = default);
            }
            """
        },
        {
            "members that hide those of object",
            """
            public class C { public new string GetType() => ""; public int A { get; set; } public new int GetHashCode { get; set; } }
            [TunnelService] public partial interface IA { Task<C> AAsync(C c); }
            """
        },
        {
            "recursive and mutually recursive types",
            """
            public sealed record Tree(int Value, List<Tree> Children, Dictionary<string, Tree?> ByName);
            public sealed class Ping { public Pong? Pong { get; set; } }
            public sealed class Pong { public List<Ping>? Pings { get; set; } }
            [TunnelService] public partial interface IA { Task<Tree?> AAsync(Ping ping); }
            """
        },
        {
            "generic types with different type arguments",
            """
            public sealed record Pair<T1, T2>(T1 First, T2 Second);
            public readonly record struct Wrapped<T>(T Value) where T : struct;
            [TunnelService] public partial interface IA { Task<Pair<int, string?>> AAsync(Pair<Pair<string, byte[]>, int?> p, Wrapped<int> a, Wrapped<Guid>? b, Pair<int, string> c); }
            """
        },
        {
            "obsolete members and methods",
            """
            public sealed class Old { [Obsolete("gone")] public int A { get; set; } public int B { get; set; } }
            [TunnelService] public partial interface IA { [Obsolete("gone", false)] Task AAsync(); Task<Old> BAsync(); }
            """
        },
        {
            "members obsolete as an error, in obsolete types",
            """
            [Obsolete("gone", true)] public sealed class Old { public int A { get; set; } [Obsolete("gone", true)] public Kind B { get; set; } [Obsolete("gone", true)] public enum Kind { None } }
            public sealed class New { public int A { get; set; } [Obsolete("gone", true)] public Old? B { get; init; } [Obsolete("gone", true)] public List<Old>? C { get; set; } }
            public sealed class Made { [Obsolete("gone", true)] public Made(int a) => A = a; public int A { get; } }
            [Obsolete("gone", true)] [TunnelUnion(0, typeof(Case))] public abstract record Choice;
            [Obsolete("gone", true)] public sealed record Case(Old Old) : Choice;
            [TunnelService] public partial interface IA
            {
                [Obsolete("gone", true)] Task<Old> AAsync(Old[] old, Choice choice);
                [Obsolete("gone", true)] IAsyncEnumerable<Old> BAsync(IAsyncEnumerable<List<Old>> old);
                Task<New> CAsync(New item, Made made);
            }
            [Obsolete("gone", true)] public static partial class Outer { [TunnelService] public partial interface IInner { Task<Old> AAsync(); } }
            """
        },
        {
            "contracts that inherit obsolete, hiding and doubly inherited methods",
            """
            public interface IRoot { [Obsolete("gone", true)] Task RootAsync(); }
            public interface ILeft : IRoot { Task SameAsync(int left); }
            public interface IRight : IRoot { [TunnelMethod(Name = "right")] Task SameAsync(string right); }
            public interface IGeneric<T1, T2> { Task<T2?> GetAsync(T1 key, Dictionary<string, T2[]> map); IAsyncEnumerable<T1> @event(IAsyncEnumerable<T2> @class); }
            [TunnelService] public partial interface IBase : ILeft { }
            [TunnelService] public partial interface IA : IBase, IRight, IGeneric<int, string?> { [TunnelMethod(Name = "own")] new Task<int> SameAsync(int left); }
            """
        },
        {
            "an inherited class, required and init-only members",
            """
            public abstract class Base { public required int Id { get; init; } public virtual string Name { get; set; } = ""; }
            public sealed class Derived : Base { public override string Name { get; set; } = "x"; public required string Text; }
            [TunnelService] public partial interface IA { Task<Derived> AAsync(); }
            """
        },
        {
            "all the known types",
            """
            public sealed class All
            {
                public sbyte A { get; set; } public Half B { get; set; } public Int128 C { get; set; } public UInt128 D { get; set; } public System.Numerics.BigInteger E { get; set; }
                public Uri? F { get; set; } public Version? G { get; set; } public DateOnly H { get; set; } public TimeOnly I { get; set; } public TimeSpan J { get; set; }
                public ReadOnlyMemory<byte> K { get; set; } public Memory<int> L { get; set; } public int[][]? M { get; set; } public Tuple<int, string>? N { get; set; }
                public Queue<int>? O { get; set; } public Stack<string?>? P { get; set; } public LinkedList<int>? Q { get; set; } public SortedSet<int>? R { get; set; } public HashSet<Guid>? S { get; set; }
                public System.Collections.Immutable.ImmutableArray<int> T { get; set; } public System.Collections.Immutable.ImmutableDictionary<string, int>? U { get; set; }
                public IDictionary<int, string>? V { get; set; } public IReadOnlyDictionary<string, IReadOnlyList<int?>>? W { get; set; } public KeyValuePair<string, int> X { get; set; } public (int, string, (bool, char)) Y { get; set; }
                public ISet<int>? Z { get; set; } public IReadOnlySet<int>? Aa { get; set; } public ICollection<int>? Ab { get; set; } public IEnumerable<int>? Ac { get; set; } public SortedDictionary<int, int>? Ad { get; set; } public DayOfWeek Ae { get; set; }
            }
            [TunnelService] public partial interface IA { Task<All> AAsync(ReadOnlyMemory<byte> bytes); }
            """
        },
        {
            "further known types",
            """
            using System.Collections.Concurrent; using System.Collections.Frozen; using System.Collections.Immutable; using System.Collections.ObjectModel; using System.Buffers; using System.Linq; using System.Net; using System.Numerics; using System.Text; using System.Text.Json; using System.Text.Json.Nodes;
            public sealed class All
            {
                public ConcurrentBag<int>? A { get; set; } public ConcurrentQueue<string?>? B { get; set; } public ConcurrentStack<string>? C { get; set; } public ConcurrentDictionary<Guid, string?>? D { get; set; }
                public Collection<int>? E { get; set; } public ObservableCollection<string?>? F { get; set; } public ReadOnlyCollection<int>? G { get; set; } public ReadOnlyObservableCollection<int>? H { get; set; } public ReadOnlySet<int>? I { get; set; } public ReadOnlyDictionary<string, string?>? J { get; set; }
                public SortedList<string, int>? K { get; set; } public OrderedDictionary<string, int>? L { get; set; } public PriorityQueue<string?, int>? M { get; set; } public FrozenSet<string>? N { get; set; } public FrozenDictionary<string, int>? O { get; set; }
                public ImmutableQueue<int>? P { get; set; } public ImmutableStack<string?>? Q { get; set; } public ImmutableSortedSet<string>? R { get; set; } public ImmutableSortedDictionary<string, int?>? S { get; set; }
                public IImmutableList<int>? T { get; set; } public IImmutableQueue<int>? U { get; set; } public IImmutableStack<int>? V { get; set; } public IImmutableSet<int>? W { get; set; } public IImmutableDictionary<string, string?>? X { get; set; }
                public ILookup<string?, int?>? Y { get; set; } public IGrouping<int?, string?>? Z { get; set; } public ArraySegment<byte> Aa { get; set; } public ArraySegment<string?>? Ab { get; set; } public ReadOnlySequence<byte> Ac { get; set; } public ReadOnlySequence<int>? Ad { get; set; }
                public int[,]? Ae { get; set; } public string?[,,] Af { get; set; } = new string?[0, 0, 0]; public (int, int)[,,,][]? Ag { get; set; } public byte[,]?[] Ah { get; set; } = [];
                public (int a, string? b, int c, int d, int e, int f, int g, string? h) Ai { get; set; } public (int, int, int, int, int, int, int, int, int, int, int, int, int, int, string, (int, int))? Aj { get; set; } public Tuple<int, string?, int, int, int, int, int, Tuple<int, string?>>? Ak { get; set; }
                public JsonElement Al { get; set; } public JsonDocument? Am { get; set; } public JsonNode? An { get; set; } public JsonObject Ao { get; set; } = []; public JsonArray? Ap { get; set; }
                public IPAddress? Aq { get; set; } public IPEndPoint? Ar { get; set; } public Rune As { get; set; } public Complex? At { get; set; } public Vector2 Au { get; set; } public Vector3 Av { get; set; } public Vector4 Aw { get; set; } public Quaternion Ax { get; set; } public Plane Ay { get; set; } public Matrix3x2 Az { get; set; } public Matrix4x4 Ba { get; set; }
                public System.Collections.BitArray? Bb { get; set; } public StringBuilder? Bc { get; set; } public Range Bd { get; set; } public Index? Be { get; set; } public System.Globalization.CultureInfo? Bf { get; set; } public TimeZoneInfo? Bg { get; set; } public nint Bh { get; set; } public nuint? Bi { get; set; } public IntPtr Bj { get; set; } public UIntPtr[]? Bk { get; set; }
            }
            [TunnelService] public partial interface IA { Task<All> AAsync(JsonElement json, int[,] array, ILookup<string, int> lookup); IAsyncEnumerable<JsonNode?> BAsync(IAsyncEnumerable<ImmutableStack<int>> items); }
            """
        },
        {
            "nullable annotations off",
            """
            #nullable disable
            public sealed class Oblivious { public string Name { get; set; } public List<string> Names { get; set; } public Oblivious Next { get; set; } }
            [TunnelService] public partial interface IA { Task<Oblivious> AAsync(string name, Oblivious other); }
            """
        },
        {
            "attributes of the MessagePack package, found by name",
            """
            [MessagePack.MessagePackObject] public sealed class M { [MessagePack.Key(0)] public int A { get; set; } [MessagePack.Key(2)] public string? B { get; set; } [MessagePack.IgnoreMember] public int Unkeyed { get; set; } [MessagePack.IgnoreMember] public object? C { get; set; } }
            [TunnelService] public partial interface IA { Task<M> AAsync(); }
            namespace MessagePack
            {
                public sealed class MessagePackObjectAttribute : Attribute { }
                public sealed class KeyAttribute(int key) : Attribute { public int Key { get; } = key; }
                public sealed class IgnoreMemberAttribute : Attribute { }
            }
            """
        },
    };

    [Theory, MemberData(nameof(Sources))]
    public void Generated_code_compiles_without_warnings(string what, string source) => CompiledCode
        .ShouldCompile(
            what,
            LanguageVersion.CSharp12,
            """
            using System;
            using System.Collections.Generic;
            using System.Threading;
            using System.Threading.Tasks;
            using TunnelRpc;

            """ + source)
        .ShouldContain(s => s.HintName == "IA.g.cs", what);
}
