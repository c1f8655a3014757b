using MemoryPack;
using Newtonsoft.Json;
using ProtoBuf;

namespace Corpus.OtherSerializers;

// Json.NET.
public sealed class Newton
{
    [JsonProperty("id")]
    public int Id { get; set; }

    [JsonIgnore]
    public string? Secret { get; set; }

    [JsonIgnore]
    public int Hidden { get; private set; }
}

[TunnelService] public partial interface INewton { Task<Newton> GetAsync(); }

// Json.NET, where only marked members are serialized.
[JsonObject(MemberSerialization.OptIn)]
public sealed class MarkedNewton
{
    [JsonProperty]
    public int Id { get; set; }

    public string? Secret { get; set; }
}

[JsonObject(MemberSerialization = MemberSerialization.OptIn)]
public sealed class NamedNewton
{
    private int _cached;

    [JsonProperty]
    public int Id { get; set; }

    public int Cached => _cached++;
}

[JsonObject]
public sealed class UnmarkedNewton
{
    public int Id { get; set; }
}

[TunnelService] public partial interface IMarkedNewton
{
    Task<MarkedNewton> GetMarkedAsync();
    Task<NamedNewton> GetNamedAsync();
    Task<UnmarkedNewton> GetUnmarkedAsync();
}

// protobuf-net.
[ProtoContract]
public sealed class Proto
{
    [ProtoMember(1)]
    public string Name { get; set; } = "";

    [ProtoMember(2)]
    public List<ProtoItem> Items { get; set; } = [];

    [ProtoIgnore]
    public int Cached { get; set; }
}

[ProtoContract]
public struct ProtoItem
{
    [ProtoMember(1)]
    public long Id;
}

[TunnelService] public partial interface IProto { Task<Proto> GetAsync(); }

// protobuf-net, where only marked members are serialized, unless the type says otherwise.
[ProtoContract]
public sealed class MarkedProto
{
    [ProtoMember(1)]
    public int Id { get; set; }

    public string? Secret { get; set; }
}

[ProtoContract(ImplicitFields = ImplicitFields.AllPublic)]
public sealed class ImplicitProto
{
    public int Id { get; set; }
}

[TunnelService] public partial interface IMarkedProto
{
    Task<MarkedProto> GetMarkedAsync();
    Task<ImplicitProto> GetImplicitAsync();
}

// MemoryPack.
[MemoryPackable]
public sealed partial class Memory
{
    public int Age { get; set; }

    [MemoryPackIgnore]
    public int Ignored { get; set; }

    public string? Name { get; init; }
}

[TunnelService] public partial interface IMemory { Task<Memory> GetAsync(); }

// XML, whose attributes have no meaning here.
[System.Xml.Serialization.XmlRoot("book")]
public sealed class Book
{
    [System.Xml.Serialization.XmlAttribute("isbn")]
    public string? Isbn { get; set; }

    [System.Xml.Serialization.XmlElement("title")]
    public string? Title { get; set; }
}

[TunnelService] public partial interface IBooks { Task<Book> GetAsync(); }

// A type for several serializers at once.
[MemoryPackable, ProtoContract, MessagePack.MessagePackObject]
public sealed partial class Universal
{
    [ProtoMember(1), MessagePack.Key(0), JsonProperty("a")]
    public int A { get; set; }

    [ProtoIgnore, MessagePack.IgnoreMember, JsonIgnore, MemoryPackIgnore]
    public int B { get; set; }
}

[TunnelService] public partial interface IUniversal { Task<Universal> GetAsync(); }

public static class Values
{
    public static Newton Newton => new() { Id = 1, Secret = "s" };

    public static Proto Proto => new() { Name = "n", Items = [new() { Id = 2 }], Cached = 3 };

    public static MarkedNewton MarkedNewton => new() { Id = 1, Secret = "s" };

    public static NamedNewton NamedNewton => new() { Id = 1 };

    public static UnmarkedNewton UnmarkedNewton => new() { Id = 1 };

    public static MarkedProto MarkedProto => new() { Id = 1, Secret = "s" };

    public static ImplicitProto ImplicitProto => new() { Id = 1 };

    public static Memory Memory => new() { Age = 1, Ignored = 2, Name = "n" };

    public static Book Book => new() { Isbn = "i", Title = "t" };

    public static Universal Universal => new() { A = 1, B = 2 };
}
