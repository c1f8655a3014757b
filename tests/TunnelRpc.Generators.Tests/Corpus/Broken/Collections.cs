using System.Collections.ObjectModel;
using System.Collections.Specialized;

namespace Corpus.Broken.Collections;

// Collections of the application.
public sealed class Tags : List<string>; // TRPC0211

[TunnelService] public partial interface ITags { Task PutAsync(Tags value); }

public sealed class Settings : Dictionary<string, int>; // TRPC0211

[TunnelService] public partial interface ISettings { Task PutAsync(Settings value); }

public sealed class Lines : Collection<string>; // TRPC0211

[TunnelService] public partial interface ILines { Task PutAsync(Lines value); }

public sealed class Numbers : IReadOnlyList<int>
{
    private readonly int[] _all = [1]; // TRPC0211

    public int Count => _all.Length;

    public int this[int index] => _all[index];

    public IEnumerator<int> GetEnumerator() => _all.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

[TunnelService] public partial interface INumbers { Task PutAsync(Numbers value); }

public sealed class Bag<T>(IEnumerable<T> items) : IEnumerable<T>
{
    private readonly List<T> _items = [.. items];

    public IEnumerator<T> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

[TunnelService] public partial interface IBags { Task PutAsync(Bag<int> value); } // TRPC0204

// A collection with a member of its own.
public sealed class Page : List<int> // TRPC0211
{
    public int Total { get; set; }
}

[TunnelService] public partial interface IPages { Task PutAsync(Page value); }

// Collections of the platform without type arguments.
[TunnelService] public partial interface INameValues { Task PutAsync(NameValueCollection value); } // TRPC0204

[TunnelService] public partial interface IBitVectors { Task PutAsync(BitVector32 value); } // TRPC0204

[TunnelService] public partial interface IQueues { Task PutAsync(Queue value); } // TRPC0204

[TunnelService] public partial interface IEnumerators { Task<IEnumerator<int>> GetAsync(); } // TRPC0204

// Elements that cannot be sent.
public sealed class Bad
{
    internal int A { get; set; } // TRPC0212
}

[TunnelService] public partial interface IBadElements { Task<Dictionary<string, List<Bad?>[]>> GetAsync(); }

public sealed class BadKey
{
    public BadKey(int a) => A = a;

    public int A { get; }

    private readonly int _b = 1; // TRPC0212

    public int B() => _b;
}

[TunnelService] public partial interface IBadKeys { Task<Dictionary<BadKey, int>> GetAsync(); }

// A group of the application.
public sealed class Group<TKey, TItem>(TKey key, IEnumerable<TItem> items) : IGrouping<TKey, TItem>
{
    public TKey Key { get; } = key;

    public IEnumerator<TItem> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

[TunnelService] public partial interface IGroups { Task PutAsync(Group<string, int> value); } // TRPC0204
