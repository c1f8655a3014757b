using Microsoft.EntityFrameworkCore;

namespace Corpus.Broken.EfEntities;

// A navigation property without a setter.
public class Blog
{
    public int Id { get; set; }

    public ICollection<string> Posts { get; } = new List<string>(); // TRPC0209
}

[TunnelService] public partial interface IBlogs { Task<Blog> FindAsync(int id); }

// A backing collection behind a read-only property.
public class Order
{
    private readonly List<OrderLine> _lines = []; // TRPC0212

    public int Id { get; set; }

    public IReadOnlyCollection<OrderLine> Lines => _lines;

    public void Add(OrderLine line) => _lines.Add(line);
}

public sealed record OrderLine(string Article, int Quantity);

[TunnelService] public partial interface IOrders { Task<Order> FindAsync(int id); }

// The same with AsReadOnly, and a private setter.
public class Basket
{
    private readonly List<OrderLine> _items = []; // TRPC0212

    public string BuyerId { get; private set; } = ""; // TRPC0209

    public IReadOnlyCollection<OrderLine> Items => _items.AsReadOnly();

    public void Assign(string buyer) => BuyerId = buyer;
}

[TunnelService] public partial interface IBaskets { Task<Basket> FindAsync(int id); }

// A constructor without parameters for the framework, and a private one.
public class Buyer
{
    private string _name; // TRPC0212

    public Buyer() => _name = "";

    private Buyer(string name) => _name = name;

    public static Buyer Create(string name) => new(name);

    public string Describe() => _name;
}

[TunnelService] public partial interface IBuyers { Task<Buyer> FindAsync(int id); }

// A shadow of a foreign key.
public class Payment
{
    private int? _buyerId; // TRPC0212

    public decimal Amount { get; set; }

    public void Assign(int buyer) => _buyerId = buyer;

    public bool IsAssigned() => _buyerId is not null;
}

[TunnelService] public partial interface IPayments { Task<Payment> FindAsync(int id); }

// An entity with a lazy loader.
public class LazyBlog
{
    private readonly Action<object, string>? _lazyLoader; // TRPC0212
    private ICollection<string> _posts = [];

    public LazyBlog()
    {
    }

    private LazyBlog(Action<object, string> lazyLoader) => _lazyLoader = lazyLoader;

    public ICollection<string> Posts
    {
        get => _posts;
        set
        {
            _lazyLoader?.Invoke(this, nameof(Posts));
            _posts = value;
        }
    }

    public static LazyBlog Create(Action<object, string> loader) => new(loader);
}

[TunnelService] public partial interface ILazyBlogs { Task<LazyBlog> FindAsync(int id); }

// An owned type with an error of its own.
[Owned]
public sealed class Address
{
    public Address(string street) => Street = street;

    public string Street { get; }

    public string? City { get; private set; } // TRPC0209

    public void Move(string city) => City = city;
}

public sealed class Customer
{
    public Address? Home { get; set; }
}

[TunnelService] public partial interface ICustomers { Task<Customer> FindAsync(int id); }

// A query of the database.
[TunnelService] public partial interface IQueries { Task<IQueryable<Customer>> AllAsync(); } // TRPC0204
